// What a GPT costs: its parameters term by term, the operations and the memory of a training step, and the hours of a run,
// by the formulas of seq2gpt.gpt and seq2gpt.scaling. One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { drawOnChange, element, select, speaker } from "./parts.js";

const DEFAULTS = {
  vocab_size: 50257, context_length: 1024, d_model: 768, n_heads: 12, n_layers: 12,
  batch_size: 8, bytes_per_number: 4, gigatokens: 10, teraflops: 100, utilisation: 0.4,
};
const FIELDS = {
  n_layers: { title: "layers L", min: 1, max: 1e4, whole: true },
  d_model: { title: "width d", min: 1, max: 1e6, whole: true },
  n_heads: { title: "heads", min: 1, max: 1e6, whole: true },
  vocab_size: { title: "vocabulary V", min: 1, max: 1e7, whole: true },
  context_length: { title: "context T", min: 1, max: 1e7, whole: true },
  batch_size: { title: "batch, sequences", min: 1, max: 1e7, whole: true },
  gigatokens: { title: "tokens to read, 10⁹", min: 0.001, max: 1e6 },
  teraflops: { title: "machine's peak, TFLOP/s", min: 0.001, max: 1e9 },
  utilisation: { title: "share of it in use", min: 0.01, max: 1 },
};
const NUMBERS = { 4: "4 bytes (float32)", 2: "2 bytes (bfloat16)" };
// Layers, width and heads of Radford et al. 2019 (GPT-2; heads as in the released weights) and Brown et al. 2020 (GPT-3).
export const MODELS = {
  "GPT-2 small": { n_layers: 12, d_model: 768, n_heads: 12, vocab_size: 50257, context_length: 1024 },
  "GPT-2 medium": { n_layers: 24, d_model: 1024, n_heads: 16, vocab_size: 50257, context_length: 1024 },
  "GPT-2 large": { n_layers: 36, d_model: 1280, n_heads: 20, vocab_size: 50257, context_length: 1024 },
  "GPT-2 XL": { n_layers: 48, d_model: 1600, n_heads: 25, vocab_size: 50257, context_length: 1024 },
  "GPT-3": { n_layers: 96, d_model: 12288, n_heads: 96, vocab_size: 50257, context_length: 2048 },
};
const OWN = "sizes of my own";

// ---- the counts ------------------------------------------------------------------------------------

// Everything that the widget shows; every list is of [name, formula, value].
export function compute(given) {
  const s = { ...DEFAULTS, ...given };
  const [V, T, d, L, batch] = [s.vocab_size, s.context_length, s.d_model, s.n_layers, s.batch_size];
  const parameters = [
    ["token embedding, also the output head", "V d", V * d],
    ["positions", "T d", T * d],
    ["attention", "L (4 d² + 4 d)", L * (4 * d * d + 4 * d)],
    ["feed-forward", "L (8 d² + 5 d)", L * (8 * d * d + 5 * d)],
    ["norms", "L 4 d + 2 d", L * 4 * d + 2 * d],
  ];
  const count = sum(parameters);
  const operations = [
    ["projections of Q, K, V and the output", "L 8 T d²", L * 8 * T * d * d],
    ["pairs of positions", "L 4 T² d", L * 4 * T * T * d],
    ["feed-forward", "L 16 T d²", L * 16 * T * d * d],
    ["output head", "2 T d V", 2 * T * d * V],
  ];
  const forward = sum(operations);
  const positions = batch * T;
  const memory = [
    ["weights", "P", count],
    ["AdamW's m and v", "2 P", 2 * count],
    ["gradients", "P", count],
    ["activations", "B T (L 16 d + 2 d)", positions * (L * 16 * d + 2 * d)],
    ["logits", "3 B T V", 3 * positions * V],
  ].map(([name, formula, numbers]) => [name, formula, numbers * s.bytes_per_number]);
  const [weights, optimizer, gradients, activations, logits] = memory.map(([, , bytes]) => bytes);
  const training = 3 * forward * s.gigatokens * 1e9 / T;
  return {
    parameters, count, operations, forward, memory, training,
    peak: weights + optimizer + Math.max(gradients, activations + logits),
    rule: 6 * count * s.gigatokens * 1e9,
    cache: 2 * L * batch * T * d * s.bytes_per_number,
    hours: training / (s.teraflops * 1e12 * s.utilisation) / 3600,
  };
}

const sum = (rows) => rows.reduce((total, [, , value]) => total + value, 0);

// ---- words -----------------------------------------------------------------------------------------

const grouped = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });

// Three digits and a unit: the largest one of which there is at least 1.
export function measured(value, units) {
  const [size, unit] = units.find(([size]) => value >= size) ?? units.at(-1);
  const shown = value / size;
  return `${shown >= 1000 ? grouped(shown) : shown.toPrecision(3)} ${unit}`;
}
const BYTES = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [1024, "KiB"], [1, "bytes"]];
const FLOPS = [[1e24, "YFLOP"], [1e21, "ZFLOP"], [1e18, "EFLOP"], [1e15, "PFLOP"], [1e12, "TFLOP"], [1e9, "GFLOP"], [1e6, "MFLOP"], [1, "FLOP"]];
const TIMES = [[8766, "years"], [24, "days"], [1, "hours"], [1 / 60, "minutes"], [1 / 3600, "seconds"]];
const bytes = (value) => measured(value, BYTES);
const flops = (value) => measured(value, FLOPS);

// One sentence that says what the tables show; it is also read aloud when something changes.
export function describe(result) {
  const { count, peak, training, hours, rule } = result;
  return `${grouped(count)} parameters; a training step needs ${bytes(peak)}; the run takes ${flops(training)}, ${measured(hours, TIMES)} on this machine. The rule 6 N D gives ${flops(rule)}, ${Math.round(100 * rule / training)} % of that.`;
}

// The numbers in the fields, or { name, fault } of the first that is wrong; sizes are judged together, as they are typed one by one.
export function readFields(texts) {
  const values = {};
  for (const [name, { title, min, max, whole }] of Object.entries(FIELDS)) {
    const text = texts[name].trim();
    const value = text === "" ? NaN : Number(text);
    if (!(value >= min && value <= max)) return { name, fault: `${title}: “${text}” is not a number from ${min} to ${grouped(max)}` };
    if (whole && !Number.isInteger(value)) return { name, fault: `${title}: ${text} is not a whole number` };
    values[name] = value;
  }
  const { d_model: d, n_heads: heads } = values;
  if (d % heads) return { name: "n_heads", fault: `a width of ${d} does not split into ${heads} heads: each would get ${(d / heads).toFixed(2)} numbers` };
  return { values };
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <div class="s2g-settings"></div><p class="s2g-notice" role="alert"></p>
  <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  <div class="s2g-sums"></div>`;

function readState(model) { // what is missing or out of range becomes the default; sizes that do not fit, all of them
  const state = { ...DEFAULTS };
  for (const [name, { min, max, whole }] of Object.entries(FIELDS)) {
    const value = model.get(name);
    if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) state[name] = value;
  }
  if (model.get("bytes_per_number") in NUMBERS) state.bytes_per_number = Number(model.get("bytes_per_number"));
  return state.d_model % state.n_heads ? { ...state, d_model: DEFAULTS.d_model, n_heads: DEFAULTS.n_heads } : state;
}

const nameOf = (state) => Object.keys(MODELS).find((name) => Object.entries(MODELS[name]).every(([size, value]) => state[size] === value)) ?? OWN;

function table(caption, rows, show, whole) {
  const cells = ([name, formula, value]) => element("tr", {},
    element("th", { scope: "row", textContent: name }), element("td", { className: "s2g-formula", textContent: formula }),
    element("td", { textContent: show(value) }),
    element("td", { "--s2g-w": (value / whole).toFixed(4) }, element("span", { className: "s2g-bar" })));
  return element("table", { className: "s2g-sum" }, element("caption", { textContent: caption }), element("tbody", {}, ...rows.map(cells)));
}

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-calculator" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (values) => {
    find("notice").textContent = "";
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const models = select("Model", { ...Object.fromEntries(Object.keys(MODELS).map((name) => [name, name])), [OWN]: OWN }, (name) => { if (name in MODELS) set(MODELS[name]); else draw(); });
  const numbers = select("A number takes", NUMBERS, (value) => set({ bytes_per_number: Number(value) }));
  const inputs = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, element("input", { type: "text", inputMode: "decimal", autocomplete: "off", onchange: read })]));
  function read() {
    const { name, fault, values } = readFields(Object.fromEntries(Object.entries(inputs).map(([field, { value }]) => [field, value])));
    if (values) { set(values); return; }
    for (const [field, input] of Object.entries(inputs)) input.setAttribute("aria-invalid", field === name);
    find("notice").textContent = `${fault}. The figures below are those of before.`;
  }
  const labels = Object.entries(FIELDS).map(([name, { title }]) => element("label", { className: "s2g-field" }, element("span", { textContent: title }), inputs[name]));
  find("settings").append(models.node, ...labels, numbers.node);
  const say = speaker();

  function draw() {
    const state = readState(model);
    const result = compute(state);
    models.show(nameOf(state));
    numbers.show(state.bytes_per_number);
    for (const [name, input] of Object.entries(inputs)) { input.value = state[name]; input.removeAttribute("aria-invalid"); }
    find("summary").textContent = describe(result);
    find("sums").replaceChildren(
      table(`Parameters P: ${grouped(result.count)}`, result.parameters, grouped, result.count),
      table(`One forward pass over ${grouped(state.context_length)} tokens: ${flops(result.forward)}; training costs three times that`, result.operations, flops, result.forward),
      table(`Memory of one training step, B = ${grouped(state.batch_size)}: at its peak ${bytes(result.peak)}, as gradients come while activations go. The keys and values of as many sequences take ${bytes(result.cache)}`, result.memory, bytes, result.peak));
    say(find("live"), find("summary").textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
