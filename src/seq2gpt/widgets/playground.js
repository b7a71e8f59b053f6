// A GPT that writes in the page: prompt, sampling settings, the text as it grows, where each head looks, the next character's odds.
// The engine is gpt.js. The site imports it; for Jupyter, which takes one file, playground.py puts it in here.
import { draw, fetchBytes, randomFrom, rank, readModel, tokenBudget } from "./gpt.js";
import { headChoice, lookSentence, visible, writtenText } from "./looks.js";
import { element, samplingSliders, speaker } from "./parts.js";
import { pause, Reader, SLICE } from "./reader.js";

const DEFAULTS = {
  models: [], model_url: "model/gpt.bin", model_data: null, prompt: "The function returns", temperature: 0.8, top_k: null, top_p: null,
  min_p: null, seed: 0, max_new_tokens: 100, slowly: false, layer: 0, head: 0,
};
const SHOWN = 10; // candidates for the next character
const READING_PACE = 45; // milliseconds for a character
const EMPTY = "The prompt is empty: the text begins as after a line break.";

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const inTable = (symbol) => ({ " ": "space", "\n": "⏎" })[symbol] ?? symbol;

const TEMPLATE = `
  <fieldset class="s2g-choice s2g-models" hidden><legend>Model</legend><div></div></fieldset>
  <div class="s2g-row s2g-loader">
    <button type="button" class="s2g-main s2g-load">Load the model</button>
    <progress aria-label="Loading the model" hidden></progress>
    <span class="s2g-loaded" role="status"></span>
  </div>
  <p class="s2g-notice" role="alert"></p>
  <div class="s2g-shown" hidden>
    <label class="s2g-line">Prompt<textarea rows="2" dir="auto" spellcheck="false"></textarea></label>
    <div class="s2g-settings"></div>
    <div class="s2g-row">
      <button type="button" class="s2g-main s2g-generate">Generate</button>
      <button type="button" class="s2g-one" title="Draw the next character, and no more">One character</button>
      <button type="button" class="s2g-stop" disabled>Stop</button>
      <button type="button" class="s2g-continue" disabled>Continue</button>
      <label class="s2g-check"><input type="checkbox" class="s2g-slowly"> at reading pace</label>
      <span class="s2g-speed" role="status"></span>
    </div>
    <div class="s2g-written" tabindex="0" role="region" aria-label="The text" dir="auto"><b></b><span></span></div>
    <label class="s2g-line s2g-place"><span>Look from another character: point at it, tap it, or move this</span><input type="range" min="0" step="1"></label>
    <p class="s2g-summary"></p>
    <p class="s2g-hidden s2g-live" role="status"></p>
    <div class="s2g-columns"><div class="s2g-heads-of"></div><table class="s2g-next"></table></div>
    <details class="s2g-about"><summary>About this model</summary><dl></dl></details>
  </div>`;

const sampling = ({ temperature, top_k: topK, top_p: topP, min_p: minP }) => ({ temperature, topK, topP, minP });

// The candidates after a character; taken is the one that followed it, if one did.
function nextTable(ranked, symbols, after, taken) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const rows = ranked.slice(0, SHOWN).map(({ id, probability, share }) => element("tr", { className: [share === 0 && "s2g-cut", id === taken && "s2g-taken"].filter(Boolean).join(" ") },
    element("th", { scope: "row", textContent: inTable(symbols[id]) }),
    element("td", { "--s2g-w": probability.toFixed(4) }, element("span", { className: "s2g-bar" })),
    element("td", { textContent: percent(probability) }),
    element("td", { textContent: share === 0 ? "cut" : percent(share) })));
  const titles = ["next", "", "probability", "drawn with"].map((textContent) => element(textContent ? "th" : "td", { textContent }));
  const place = ranked.findIndex(({ id }) => id === taken);
  const came = place === -1 ? "" : `; what followed was ${visible(symbols[taken])}, number ${place + 1}`;
  const title = `After ${after}: the ${rows.length} most probable next characters, and what the filters leave of them${came}`;
  return [element("caption", { textContent: title }), element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)];
}

// What the file says of itself.
function aboutModel({ config, card, products, nBytes }) {
  const nats = (loss) => `${loss.toFixed(3)} nats for each character`;
  const count = card.n_parameters ? `${card.n_parameters.toLocaleString("en")} parameters, ` : "";
  const rows = {
    "learned from": card.data, licence: card.licence, "trained by": card.command,
    size: `${count}${config.n_layers} layers of ${config.n_heads} heads, width ${config.d_model}, ${config.context_length} characters of context; ${megabytes(nBytes)}`,
    "loss on held-out text": card.val_loss && nats(card.val_loss), "loss on what it read": card.train_loss && nats(card.train_loss),
    "computed by": products.way,
  };
  return Object.entries(rows).filter(([, text]) => text)
    .flatMap(([term, text]) => [element("dt", { textContent: term }), element("dd", { textContent: text })]);
}

// The sliders and number fields; change(name, value) tells the model, show(state, symbols) reads it.
function settingsPanel(change) {
  const sliders = samplingSliders(change);
  const field = (name, title, least) => {
    const read = () => change(name, Math.max(least, Math.trunc(+input.value) || least));
    const input = element("input", { type: "number", min: least, step: 1, onchange: read });
    return { name, input, node: element("label", {}, title, input) };
  };
  const fields = [field("max_new_tokens", "Characters", 1), field("seed", "Seed", 0)];
  const nodes = [...sliders.nodes, element("div", { className: "s2g-numbers" }, ...fields.map(({ node }) => node))];
  return { nodes, show(state, symbols) {
    sliders.show(state, symbols.length);
    for (const { name, input } of fields) input.value = state[name];
  } };
}

// The choice among several models, { label, url, prompt }.
function modelChoice(group, fieldset, models, pick) {
  const inputs = models.map((entry) => element("input", { type: "radio", name: `${group}-model`, onchange: () => pick(entry) }));
  fieldset.lastElementChild.append(...models.map(({ label }, i) => element("label", {}, inputs[i], element("span", { textContent: label }))));
  fieldset.hidden = models.length < 2;
  return (chosen) => inputs.forEach((input, i) => { input.checked = models[i] === chosen; });
}

function render({ model, el }) {
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const root = element("div", { className: "s2g-root s2g-playground" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(selector);
  const [load, generate, one, stop, again] = ["load", "generate", "one", "stop", "continue"].map((name) => find(`.s2g-${name}`));
  const [prompt, progress, speed, written, place, slowly] = ["textarea", "progress", ".s2g-speed", ".s2g-written", ".s2g-place input", ".s2g-slowly"].map(find);
  const state = () => Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  const change = (name, value) => { model.set(name, value); model.save_changes(); };
  const settings = settingsPanel(change);
  find(".s2g-settings").append(...settings.nodes);
  const say = speaker();
  const unhurried = matchMedia("(prefers-reduced-motion: reduce)");

  const models = state().models.length ? state().models : [{ url: state().model_url }];
  const readers = new Map(); // of the models that were loaded
  let [chosen, reader, random] = [models[0], null, null];
  let begun = null; // the prompt with which the text that is shown begins
  let [kept, looked] = [0, null]; // the character that was chosen, and the one under the pointer
  let job = 0; // reading and writing end as soon as a newer job has begun
  const begin = () => { const own = ++job; return () => own !== job; };
  const tell = (text) => { find(".s2g-notice").textContent = text; };
  const address = () => new URL(chosen.url, new URL("..", import.meta.url)); // in _static
  const showChosen = modelChoice(group, find(".s2g-models"), models, choose);
  const text = writtenText(written, (at) => { looked = at; if (stop.disabled) look(); }, keep);
  const heads = headChoice(group, (layer, head) => { change("layer", layer); change("head", head); });
  find(".s2g-heads-of").append(heads.node);

  async function fetchModel() {
    progress.hidden = false;
    return fetchBytes(address(), (received, total) => {
      if (total) progress.value = Math.min(1, received / total);
      find(".s2g-loaded").textContent = `${megabytes(received)}${total ? ` of ${megabytes(total)}` : ""}`;
    });
  }

  async function askSize(of) { // the reader decides whether to spend the bytes
    const response = await fetch(address(), { method: "HEAD" }).catch(() => null);
    await response?.arrayBuffer(); // empty, but Chromium counts a body that nobody read as a failed request
    const size = response?.ok && Number(response.headers.get("content-length"));
    if (size && of === chosen) load.textContent = `Load the model (${megabytes(size)})`;
  }

  async function loadModel() {
    const wanted = chosen;
    load.disabled = true;
    tell("");
    try {
      const data = model.get("model_data");
      const bytes = data?.byteLength ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : await fetchModel();
      readers.set(wanted, new Reader(readModel(bytes)));
    } catch (error) {
      if (wanted === chosen) tell(sentence(error.message));
    }
    progress.hidden = true;
    load.disabled = false;
    find(".s2g-loaded").textContent = "";
    if (wanted === chosen) open();
  }

  function choose(entry) {
    begin();
    const suggested = state().prompt === (chosen.prompt ?? DEFAULTS.prompt);
    chosen = entry;
    load.textContent = "Load the model";
    tell("");
    if (suggested && entry.prompt) change("prompt", entry.prompt);
    if (!readers.has(entry)) askSize(entry);
    open();
  }

  function open() { // show the chosen model, or the button that loads it
    reader = readers.get(chosen) ?? null;
    showChosen(chosen);
    find(".s2g-loader").hidden = Boolean(reader);
    find(".s2g-shown").hidden = !reader;
    if (!reader) return;
    find(".s2g-about dl").replaceChildren(...aboutModel(reader.file));
    speed.textContent = "";
    busy(false);
    begun = null;
    refresh();
  }

  // Show where the chosen head looked from a character, and what was predicted after it.
  function look() {
    if (begun === null) return;
    const now = state();
    const { n_layers, n_heads } = reader.gpt.config;
    const at = Math.min(looked ?? kept, reader.ids.length - 1);
    const [layer, head] = [Math.min(now.layer, n_layers - 1), Math.min(now.head, n_heads - 1)];
    text.show(at, reader.gpt.attention(layer, head, at));
    heads.show(reader, at, layer, head);
    [place.max, place.value] = [reader.ids.length - 1, at];
    place.setAttribute("aria-valuetext", `${visible(reader.symbols[reader.ids[at]])}, character ${at + 1} of ${reader.ids.length}`);
    find(".s2g-summary").textContent = lookSentence(reader, at, layer, head);
    say(find(".s2g-live"), stop.disabled ? find(".s2g-summary").textContent : "");
    const ranked = rank(reader.logitsAt(at), sampling(now));
    find(".s2g-next").replaceChildren(...nextTable(ranked, reader.symbols, visible(reader.symbols[reader.ids[at]]), reader.ids[at + 1]));
  }

  function keep(at) {
    if (!stop.disabled || begun === null) return;
    [kept, looked] = [Math.max(0, Math.min(reader.ids.length - 1, at)), null];
    text.scrollTo(kept);
    look();
  }

  function last() {
    [kept, looked] = [reader.ids.length - 1, null];
    text.scrollTo(kept);
    look();
  }

  // Run work(stopped) as the newest job; what it throws is told, and nothing is lost.
  async function run(work) {
    const stopped = begin();
    tell("");
    try {
      await work(stopped);
    } catch (error) {
      find(".s2g-next").replaceChildren();
      speed.textContent = "";
      tell(sentence(error.message));
    }
  }

  // Read the prompt, as the beginning of another text.
  async function preview(stopped) {
    const ids = reader.promptIds(prompt.value);
    if (!await restart(ids, stopped)) return;
    again.disabled = true;
    last();
    if (!prompt.value) tell(EMPTY);
  }

  async function restart(ids, stopped) { // the logits after them, or null when stopped
    begun = null;
    random = randomFrom(state().seed);
    const own = prompt.value;
    const logits = await reader.read(ids, stopped);
    if (!logits || stopped()) return null;
    text.start(ids.map((id) => reader.symbols[id]));
    begun = own;
    return logits;
  }

  // Draw up to wanted characters after the prompt; or, onwards, after all that is shown.
  async function write(stopped, wanted, onwards) {
    const { slowly: paced, ...settings } = state();
    const own = reader;
    const ids = onwards ? [...own.ids] : own.promptIds(prompt.value);
    const budget = onwards ? Math.min(wanted, own.contextLength - ids.length) : tokenBudget(own.contextLength, ids.length, wanted);
    const slow = paced && !unhurried.matches && wanted > 1;
    busy(true);
    let logits = onwards ? await own.read(ids, stopped) : await restart(ids, stopped);
    let [count, worked, since] = [0, 0, performance.now()];
    while (logits && count < budget && !stopped()) {
      const id = draw(rank(logits, sampling(settings)), random);
      text.append(own.symbols[id]);
      logits = own.step(id);
      count += 1;
      if (!slow && performance.now() - since <= SLICE) continue;
      worked += performance.now() - since;
      if (slow) last();
      text.scrollTo(own.ids.length - 1);
      await (slow ? new Promise((resolve) => { setTimeout(resolve, READING_PACE); }) : pause());
      since = performance.now();
    }
    if (own === reader) finish(count, wanted, worked + performance.now() - since, stopped());
  }

  function finish(count, wanted, worked, wasStopped) {
    busy(false);
    last();
    const rate = count && Math.round((1000 * count) / worked);
    const ending = wasStopped ? "stopped" : count < wanted ? `the context of ${reader.contextLength} characters is full` : "done";
    speed.textContent = `${count} characters, ${rate.toLocaleString("en")} a second; ${ending}`;
  }

  function busy(is) {
    if (is) speed.textContent = "writing …";
    [generate.disabled, one.disabled, again.disabled, stop.disabled] = [is, is, is, !is];
  }

  function refresh() { // after any change of the state
    const now = state();
    if (prompt.value !== now.prompt) prompt.value = now.prompt;
    slowly.checked = now.slowly;
    if (!reader) return;
    settings.show(now, reader.symbols);
    if (!stop.disabled) return;
    if (begun !== prompt.value) run(preview);
    else {
      tell(prompt.value ? "" : EMPTY);
      look();
    }
  }

  const startWriting = (wanted, onwards) => run((stopped) => write(stopped, wanted, onwards)).finally(() => { if (!stop.disabled) busy(false); });
  load.onclick = loadModel;
  generate.onclick = () => startWriting(state().max_new_tokens, false);
  one.onclick = () => startWriting(1, begun === prompt.value);
  stop.onclick = begin;
  again.onclick = () => { // the second half of the window becomes the prompt: nothing is dropped unseen
    change("prompt", [...written.textContent].slice(-Math.ceil(reader.contextLength / 2)).join(""));
    startWriting(state().max_new_tokens, false);
  };
  slowly.onchange = () => change("slowly", slowly.checked);
  place.oninput = () => keep(+place.value);
  written.onkeydown = (event) => {
    const to = { ArrowLeft: kept - 1, ArrowRight: kept + 1, Home: 0, End: Infinity }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    keep(to);
  };
  prompt.oninput = () => change("prompt", prompt.value);
  const names = Object.keys(DEFAULTS).filter((name) => !name.startsWith("model"));
  names.forEach((name) => model.on(`change:${name}`, refresh));
  if (chosen.prompt && !model.get("prompt")) change("prompt", chosen.prompt);
  showChosen(chosen);
  refresh();
  el.append(root);
  if (model.get("model_data")?.byteLength) loadModel();
  else askSize(chosen);
  return () => { begin(); say(); names.forEach((name) => model.off(`change:${name}`, refresh)); };
}

export default { render };
