// Fill in the blank: hide a word, and ask two trained models, one that reads both sides and one that reads the left side.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { dot, drawOnChange, element, gelu, range, softmax, speaker, stored, unpack } from "./parts.js";

const DEFAULTS = { text: "today an old dog barks in the garden because it is hungry", gap: 3 };
const EXAMPLES = [
  "today an old dog barks in the garden because it is hungry",
  "here the young bees hum on the roof because they are cold",
  "now two ugly mice squeak in the house because they are tired",
];
const LENGTH = 12;
const SHOWN = 6; // words in a list
const READERS = [
  { kind: "masked", title: "Reads both sides", trained: "masked model, an encoder" },
  { kind: "causal", title: "Reads the left side", trained: "causal model, a decoder" },
];

// ---- the models ------------------------------------------------------------------------------------

const add = (a, b) => a.map((value, index) => value + b[index]);

function layers(stored) {
  const weights = Object.fromEntries(Object.entries(stored).map(([name, entry]) => [name, unpack(entry)]));
  const linear = (name) => (x) => weights[`${name}.weight`].map((row, i) => dot(row, x) + (weights[`${name}.bias`]?.[i] ?? 0));
  const norm = (name) => (x) => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * weights[`${name}.weight`][i] + weights[`${name}.bias`][i]);
  };
  return { weights, linear, norm };
}

function attend(x, name, { linear }, heads, causal) {
  const d_head = x[0].length / heads;
  const cut = (rows, head) => rows.map((row) => row.slice(head * d_head, (head + 1) * d_head));
  const [queries, keys, values] = ["w_q", "w_k", "w_v"].map((part) => x.map(linear(`${name}.${part}`)));
  return x.map((_, i) => {
    const joined = range(heads).flatMap((head) => {
      const [query, seen] = [cut(queries, head)[i], cut(keys, head).slice(0, causal ? i + 1 : undefined)];
      const shares = softmax(seen.map((key) => dot(query, key) / Math.sqrt(d_head)));
      const value = cut(values, head);
      return range(d_head).map((feature) => shares.reduce((sum, share, j) => sum + share * value[j][feature], 0));
    });
    return linear(`${name}.w_o`)(joined);
  });
}

// The logits at every position; pre-LN blocks, as in the package.
function forward(ids, stored, heads, causal) {
  const model = layers(stored);
  const { weights, linear, norm } = model;
  let x = ids.map((id, place) => add(weights["token_embedding.weight"][id], weights["positions.table"][place]));
  for (let i = 0; `blocks.${i}.norm_1.weight` in weights; i += 1) {
    const block = `blocks.${i}`;
    const found = attend(x.map(norm(`${block}.norm_1`)), `${block}.attention`, model, heads, causal);
    x = x.map((state, place) => add(state, found[place]));
    const feed = (state) => linear(`${block}.feed_forward.w_out`)(linear(`${block}.feed_forward.w_in`)(state).map(gelu));
    x = x.map((state) => add(state, feed(norm(`${block}.norm_2`)(state))));
  }
  return x.map((state) => linear("head")(norm("norm")(state)));
}

// Twelve words that the models know, or a notice that says what is wrong.
export function readText(text, { words }) {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean);
  const unknown = typed.find((word) => !words.includes(word));
  if (unknown) return { typed, notice: `The models know ${words.length} words, and “${unknown}” is none of them. Known are: ${words.join(", ")}.` };
  if (typed.length !== LENGTH) return { typed, notice: `The models read sentences of ${LENGTH} words; this one has ${typed.length}.` };
  return { typed, notice: "" };
}

// What both readers believe of every word of their vocabulary, in the gap.
export function compute(state, shipped) {
  const { text, gap } = { ...DEFAULTS, ...state };
  const { typed, notice } = readText(text, shipped);
  if (notice) return { typed, notice };
  const ids = typed.map((word) => shipped.words.indexOf(word));
  const hidden = ids.map((id, place) => (place === gap ? shipped.words.length : id)); // the mask's id is the next one
  const logits = {
    masked: forward(hidden, shipped.models.masked, shipped.heads, false)[gap],
    causal: forward(ids.slice(0, gap), shipped.models.causal, shipped.heads, true)[gap - 1],
  };
  const probabilities = Object.fromEntries(Object.entries(logits).map(([kind, scores]) => [kind, softmax(scores)]));
  return { typed, notice, gap, answer: typed[gap], probabilities, best: Object.fromEntries(READERS.map(({ kind }) => [kind, ranked(probabilities[kind], shipped.words)])) };
}

const ranked = (probabilities, words) => words
  .map((word, id) => ({ word, probability: probabilities[id] }))
  .sort((a, b) => b.probability - a.probability)
  .slice(0, SHOWN);

// ---- words -----------------------------------------------------------------------------------------

function percent(share) { // softmax is never quite 0 or 1
  if (share < 0.01) return "under 1 %";
  return share > 0.99 ? "over 99 %" : `${Math.round(share * 100)} %`;
}

// One sentence that says what the lists show; it is also read aloud when the state changes.
export function describe({ typed, gap, answer, best, probabilities }, words) {
  const says = READERS.map(({ kind }) => {
    const { word, probability } = best[kind][0];
    const right = percent(probabilities[kind][words.indexOf(answer)]);
    const side = kind === "masked" ? "Reading both sides" : `Reading “${typed.slice(0, gap).join(" ")}” alone`;
    return `${side}, the model’s best guess is “${word}” with ${percent(probability)}${word === answer ? "" : `; “${answer}” gets ${right}`}.`;
  });
  return `Word ${gap + 1}, “${answer}”, is hidden. ${says.join(" ")}`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <label class="s2g-line">A sentence of the little language, twelve words
    <input type="text" class="s2g-text" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-shown">
    <fieldset class="s2g-letters s2g-blanks"><legend>Choose the word to hide</legend><div></div></fieldset>
    <div class="s2g-readers"></div>
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  </div>`;

// The trained parameters lie in a file beside this module; in Jupyter they come with the state.
function readState(model) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  if (!(Number.isInteger(state.gap) && state.gap >= 1 && state.gap < LENGTH)) state.gap = DEFAULTS.gap;
  return { ...state, text: String(state.text) };
}

function chip(word, place, group, pick) { // before the first word stands nothing, so it cannot be hidden
  const input = element("input", { type: "radio", name: `${group}-gap`, onchange: pick, disabled: place === 0 });
  const label = element("span", { textContent: word });
  input.setAttribute("aria-label", `hide ${word}, word ${place + 1}`);
  return { input, label, node: element("label", { className: place === 0 ? "s2g-fixed" : "" }, input, label) };
}

function reader({ kind, title, trained: how }, { typed, gap, answer, best }) {
  const sees = typed.map((word, place) => {
    const seen = kind === "masked" || place < gap;
    return element("span", { className: place === gap ? "s2g-blank" : seen ? "" : "s2g-unseen", textContent: place === gap ? "▢" : word });
  });
  const strip = element("p", { className: "s2g-sees" }, ...sees.flatMap((node) => [node, " "]));
  const visible = typed.map((word, place) => (place === gap ? "blank" : word)).slice(0, kind === "masked" ? undefined : gap + 1);
  strip.setAttribute("role", "img");
  strip.setAttribute("aria-label", `It sees: ${visible.join(" ")}`);
  const rows = best[kind].map(({ word, probability }) => element("tr", { className: word === answer ? "s2g-asks" : "" },
    element("th", { scope: "row", textContent: word === answer ? `${word} ✓` : word }),
    element("td", {}, element("span", { className: "s2g-bar", "--s2g-w": probability.toFixed(4) })),
    element("td", { textContent: percent(probability) })));
  return element("section", {}, element("p", { className: "s2g-reader", textContent: title }), strip,
    element("table", { className: "s2g-guesses" }, element("caption", { textContent: `Its best guesses (${how})` }), element("tbody", {}, ...rows)));
}

async function render({ model, el }) {
  const shipped = await stored(model, "weights", "cloze_models.json");
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const root = element("div", { className: "s2g-root s2g-cloze" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const text = find("text");
  text.oninput = () => set({ text: text.value });
  find("examples").append(...EXAMPLES.map((sentence) => element("button", {
    type: "button", textContent: sentence.split(" ").slice(1, 5).join(" "), onclick: () => set({ text: sentence }),
  })));

  let chips = [];
  let drawn = "";
  const say = speaker();

  function draw() {
    const state = readState(model);
    if (text.value !== state.text) text.value = state.text;
    const result = compute(state, shipped);
    find("notice").textContent = result.notice;
    find("shown").hidden = Boolean(result.notice);
    if (result.notice) { // nothing old is left to be read aloud
      say(find("live"), "");
      return;
    }
    if (result.typed.join(" ") !== drawn) { // only when they changed, so that the keyboard focus survives
      drawn = result.typed.join(" ");
      chips = result.typed.map((word, place) => chip(word, place, group, () => set({ gap: place })));
      find("blanks > div").replaceChildren(...chips.map(({ node }) => node));
    }
    chips.forEach(({ input }, place) => { input.checked = place === result.gap; });
    find("readers").replaceChildren(...READERS.map((about) => reader(about, result)));
    const summary = describe(result, shipped.words);
    find("summary").textContent = summary;
    say(find("live"), summary);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
