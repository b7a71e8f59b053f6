// A GPT that writes in the page: prompt, sampling settings, the text as it grows, the next character's odds.
// The engine is gpt.js. The site imports it; for Jupyter, which takes one file, playground.py puts it in here.
import { draw, encode, fetchBytes, modelOf, randomFrom, rank, readModel, tokenBudget } from "./gpt.js";
import { element, samplingSliders } from "./parts.js";

const DEFAULTS = {
  model_url: "model/gpt.bin", model_data: null, prompt: "The function returns", temperature: 0.8, top_k: null, top_p: null, min_p: null,
  seed: 0, max_new_tokens: 100,
};
const SLICE = 12; // milliseconds of work between two chances for the page to paint
const SHOWN = 10; // candidates for the next character

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const visible = (symbol) => ({ " ": "space", "\n": "⏎" })[symbol] ?? symbol;

function pause() { // lets the page paint and react; timers would wait longer each time
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(null);
  });
}

// A model together with what it has read: a prompt that begins alike is not read from its start again.
class Reader {
  constructor(file) {
    this.symbols = file.symbols;
    this.gpt = modelOf(file);
    this.ids = [];
  }

  get contextLength() { return this.gpt.config.context_length; }

  step(id) {
    this.ids.push(id);
    return this.gpt.step(id);
  }

  // The logits after all ids, or null when stopped() became true on the way.
  async read(ids, stopped) {
    const differ = ids.findIndex((id, i) => id !== this.ids[i]);
    const known = Math.min(differ === -1 ? ids.length : differ, ids.length - 1); // the last one gives the logits
    this.gpt.length = known;
    this.ids.length = known;
    let logits = null;
    let started = performance.now();
    for (const id of ids.slice(known)) {
      logits = this.step(id);
      if (performance.now() - started > SLICE) {
        await pause();
        if (stopped()) return null;
        started = performance.now();
      }
    }
    return logits;
  }
}

const TEMPLATE = `
  <div class="s2g-row s2g-loader">
    <button type="button" class="s2g-main s2g-load">Load the model</button>
    <progress aria-label="Loading the model" hidden></progress>
  </div>
  <p class="s2g-notice" role="alert"></p>
  <div class="s2g-shown" hidden>
    <label class="s2g-line">Prompt<textarea rows="2" dir="auto" spellcheck="false"></textarea></label>
    <div class="s2g-settings"></div>
    <div class="s2g-row">
      <button type="button" class="s2g-main s2g-generate">Generate</button>
      <button type="button" class="s2g-stop" disabled>Stop</button>
      <button type="button" class="s2g-continue" disabled>Continue</button>
      <span class="s2g-speed" role="status"></span>
    </div>
    <div class="s2g-written" tabindex="0" role="region" aria-label="The text" dir="auto"><b></b><span></span></div>
    <table class="s2g-next"></table>
  </div>`;

const sampling = ({ temperature, top_k: topK, top_p: topP, min_p: minP }) => ({ temperature, topK, topP, minP });

function nextTable(ranked, symbols) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const rows = ranked.slice(0, SHOWN).map(({ id, probability, share }) => element("tr", { className: share === 0 ? "s2g-cut" : "" },
    element("th", { scope: "row", textContent: visible(symbols[id]) }),
    element("td", { "--s2g-w": probability.toFixed(4) }, element("span", { className: "s2g-bar" })),
    element("td", { textContent: percent(probability) }),
    element("td", { textContent: share === 0 ? "cut" : percent(share) })));
  const titles = ["next", "", "probability", "drawn with"].map((textContent) => element(textContent ? "th" : "td", { textContent }));
  return [element("caption", { textContent: `The ${rows.length} most probable next characters, and what the filters leave of them` }),
    element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)];
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

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-playground" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(selector);
  const [load, generate, stop, again] = ["load", "generate", "stop", "continue"].map((name) => find(`.s2g-${name}`));
  const [prompt, progress, speed, written] = ["textarea", "progress", ".s2g-speed", ".s2g-written"].map(find);
  const state = () => Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  const change = (name, value) => { model.set(name, value); model.save_changes(); };
  const settings = settingsPanel(change);
  find(".s2g-settings").append(...settings.nodes);

  let reader = null;
  let job = 0; // reading and writing end as soon as a newer job has begun
  const begin = () => { const own = ++job; return () => own !== job; };
  const say = (text) => { find(".s2g-notice").textContent = text; };
  const address = () => new URL(model.get("model_url") ?? DEFAULTS.model_url, new URL("..", import.meta.url)); // in _static

  async function fetchModel() {
    progress.hidden = false;
    return fetchBytes(address(), (received, total) => { if (total) progress.value = Math.min(1, received / total); });
  }

  async function askSize() { // the reader decides whether to spend the bytes
    const response = await fetch(address(), { method: "HEAD" }).catch(() => null);
    await response?.arrayBuffer(); // empty, but Chromium counts a body that nobody read as a failed request
    const size = response?.ok && Number(response.headers.get("content-length"));
    if (size) load.textContent = `Load the model (${megabytes(size)})`;
  }

  async function loadModel() {
    load.disabled = true;
    say("");
    try {
      const data = model.get("model_data");
      const bytes = data?.byteLength ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : await fetchModel();
      reader = new Reader(readModel(bytes));
      find(".s2g-loader").hidden = true;
      find(".s2g-shown").hidden = false;
      refresh();
    } catch (error) {
      say(sentence(error.message));
      load.disabled = false;
      progress.hidden = true;
    }
  }

  function showNext(logits) {
    find(".s2g-next").replaceChildren(...nextTable(rank(logits, sampling(state())), reader.symbols));
  }

  function promptIds() { // room for at least one new character, or an Error
    const ids = encode(prompt.value, reader.symbols);
    if (tokenBudget(reader.contextLength, ids.length, 1) < 1) {
      throw new Error(`the prompt fills the context of ${reader.contextLength} characters; shorten it to leave room`);
    }
    return ids;
  }

  // Run work(stopped) as the newest job; what it throws is told, and nothing is lost.
  async function run(work) {
    const stopped = begin();
    say("");
    try {
      await work(stopped);
    } catch (error) {
      find(".s2g-next").replaceChildren();
      say(sentence(error.message));
    }
  }

  async function preview(stopped) {
    const logits = await reader.read(promptIds(), stopped);
    if (!logits || stopped()) return;
    showNext(logits);
    if (!prompt.value) say("The prompt is empty: the text begins as after a line break.");
  }

  async function write(stopped) {
    const { seed, max_new_tokens: wanted, ...settings } = state();
    const ids = promptIds();
    const budget = tokenBudget(reader.contextLength, ids.length, wanted);
    const random = randomFrom(seed);
    const text = new Text();
    find(".s2g-written b").textContent = prompt.value;
    find(".s2g-written span").replaceChildren(text);
    busy(true);
    let logits = await reader.read(ids, stopped);
    const started = performance.now();
    let [count, painted] = [0, started];
    while (logits && count < budget && !stopped()) {
      const id = draw(rank(logits, sampling(settings)), random);
      text.appendData(reader.symbols[id]);
      logits = reader.step(id);
      count += 1;
      if (performance.now() - painted > SLICE) {
        showNext(logits);
        written.scrollTop = written.scrollHeight;
        await pause();
        painted = performance.now();
      }
    }
    if (count) showNext(logits);
    written.scrollTop = written.scrollHeight;
    const rate = count && Math.round((1000 * count) / (performance.now() - started));
    const ending = stopped() ? "stopped" : count < wanted ? `the context of ${reader.contextLength} characters is full` : "done";
    speed.textContent = `${count} characters, ${rate} a second; ${ending}`;
  }

  function busy(is) {
    if (is) speed.textContent = "writing …";
    [generate.disabled, again.disabled, stop.disabled] = [is, is, !is];
  }

  function refresh() { // after any change of the state
    const now = state();
    if (prompt.value !== now.prompt) prompt.value = now.prompt;
    if (!reader) return;
    settings.show(now, reader.symbols);
    if (stop.disabled) run(preview);
  }

  const startWriting = () => run(write).finally(() => { if (!stop.disabled) busy(false); });
  load.onclick = loadModel;
  generate.onclick = startWriting;
  stop.onclick = begin;
  again.onclick = () => { // the second half of the window becomes the prompt: nothing is dropped unseen
    change("prompt", [...written.textContent].slice(-Math.ceil(reader.contextLength / 2)).join(""));
    startWriting();
  };
  prompt.oninput = () => change("prompt", prompt.value);
  const names = Object.keys(DEFAULTS).filter((name) => !name.startsWith("model_"));
  names.forEach((name) => model.on(`change:${name}`, refresh));
  refresh();
  el.append(root);
  if (model.get("model_data")?.byteLength) loadModel();
  else askSize();
  return () => { begin(); names.forEach((name) => model.off(`change:${name}`, refresh)); };
}

export default { render };
