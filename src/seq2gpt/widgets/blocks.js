// One letter's vector on its way through a stack of fresh Transformer blocks: its size after every sub-layer, and how
// much of a small change of the input arrives there. One anywidget module: JupyterLab runs it beside a
// kernel, the site without one.
import { dot, drawOnChange, element, gelu, plus, range, slider, softmax, speaker, stored } from "./parts.js";

const DEFAULTS = { norm: "before", path: true, layers: 6, strength: 1, letter: 4 };
const NORMS = { before: "before (pre-LN)", after: "after (post-LN)", none: "none" };
const RANGES = { layers: { min: 1, max: 12, step: 1 }, strength: { min: 0.5, max: 4, step: 0.5 } };
const EPS = 1e-5;
const NUDGE = 1e-4; // small enough that the change is nearly linear, large enough for what rounding leaves of it
const [LOWEST, HIGHEST] = [-6, 3]; // powers of ten at the ends of the bars

// ---- the blocks ------------------------------------------------------------------------------------

const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const rootMeanSquare = (x) => Math.sqrt(mean(x.map((value) => value * value)));

export function layerNorm(x) {
  const middle = mean(x);
  const variance = mean(x.map((value) => (value - middle) ** 2)); // divided by the width
  return x.map((value) => (value - middle) / Math.sqrt(variance + EPS));
}

// The two sub-layers of a block as functions of the whole sequence; nn.Linear computes x times the transposed matrix.
function sublayers(stored, scale, strength, heads) {
  const linear = (name) => {
    const weight = stored[`${name}.weight`].map((row) => row.map((value) => (value / scale) * strength));
    return (x) => weight.map((row) => dot(row, x));
  };
  const [q, k, v, o] = ["w_q", "w_k", "w_v", "w_o"].map((name) => linear(`attention.${name}`));
  const [inner, outer] = [linear("feed_forward.w_in"), linear("feed_forward.w_out")];
  const attend = (x) => {
    const [queries, keys, values] = [q, k, v].map((project) => x.map(project));
    const width = x[0].length / heads;
    return x.map((_, i) => o(range(heads).flatMap((head) => {
      const cut = (row) => row.slice(head * width, (head + 1) * width);
      const weights = softmax(keys.slice(0, i + 1).map((key) => dot(cut(queries[i]), cut(key)) / Math.sqrt(width)));
      return range(width).map((feature) => weights.reduce((sum, w, j) => sum + w * cut(values[j])[feature], 0));
    })));
  };
  return [["attention", attend], ["feed-forward", (x) => x.map((row) => outer(inner(row).map(gelu)))]];
}

// The hidden states after each sub-layer, the input first.
function forward(x, { norm, path, layers, strength }, shipped) {
  const states = [x];
  for (const stored of shipped.layers.slice(0, layers)) {
    for (const [, sublayer] of sublayers(stored, shipped.scale, strength, shipped.n_heads)) {
      const before = states.at(-1);
      const found = sublayer(norm === "before" ? before.map(layerNorm) : before);
      const joined = path ? plus(before, found) : found;
      states.push(norm === "after" ? joined.map(layerNorm) : joined);
    }
  }
  return states;
}

// Everything that the widget shows, from its state and the parameters alone.
export function compute(state, shipped) {
  const chosen = { ...DEFAULTS, ...state };
  const x = shipped.letters.map((row) => row.map((value) => value / shipped.scale));
  const shifted = x.map((row, place) => (place !== chosen.letter ? row : row.map((value, i) => value + (i % 2 ? -NUDGE : NUDGE))));
  const moved = x.map((row, place) => (place !== chosen.letter ? row : row.map((value, i) => value - (i % 2 ? -NUDGE : NUDGE))));
  const [states, above, below] = [x, shifted, moved].map((start) => forward(start, chosen, shipped));
  return states.map((rows, step) => {
    const vector = rows[chosen.letter];
    const middle = mean(vector);
    const difference = vector.map((_, i) => (above[step][chosen.letter][i] - below[step][chosen.letter][i]) / 2);
    return {
      layer: Math.ceil(step / 2), sublayer: step === 0 ? "input" : step % 2 ? "attention" : "feed-forward", vector,
      mean: middle, variance: mean(vector.map((value) => (value - middle) ** 2)),
      size: rootMeanSquare(vector), arrives: rootMeanSquare(difference) / NUDGE,
    };
  });
}

// ---- words -----------------------------------------------------------------------------------------

const RAISED = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

export function number(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 0.005 && size < 1000) return value.toFixed(2).replace("-", "−");
  const [digit, power] = value.toExponential(0).split("e");
  return `${digit.replace("-", "−")}·10${[...power.replace("+", "")].map((sign) => RAISED[sign]).join("")}`;
}

// One sentence that says what the bars show; it is also read aloud when something changes.
export function describe(rows, { norm, path, layers }) {
  const last = rows.at(-1);
  const built = `${layers} block${layers > 1 ? "s" : ""}, ${path ? "with" : "without"} residual path, norm ${NORMS[norm]}`;
  const grown = last.size > 100 ? "it has exploded" : last.size < 0.01 ? "it has died out" : "it is of a sensible size";
  const left = last.arrives > 10 ? "blown up" : last.arrives < 0.01 ? "next to nothing is left of it" : "it still counts";
  return `${built}: the vector's size goes from ${number(rows[0].size)} to ${number(last.size)}; ${grown}. A small change of the input arrives ${number(last.arrives)} times as large; ${left}.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <div class="s2g-settings"></div>
  <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  <p class="s2g-line">Size is the root of the mean square. The bars go from a millionth to a thousand, on a logarithmic scale.</p>
  <div class="s2g-scroll" tabindex="0" role="region" aria-label="The vector after every sub-layer"><table class="s2g-depth"></table></div>`;

// The parameters lie in a file beside this module; in Jupyter they come with the state.
function readState(model, shipped) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  if (!(state.norm in NORMS)) state.norm = DEFAULTS.norm;
  for (const [name, { min, max }] of Object.entries(RANGES)) {
    state[name] = +state[name] >= min && +state[name] <= max ? +state[name] : DEFAULTS[name];
  }
  if (!(state.letter in shipped.letters)) state.letter = DEFAULTS.letter;
  return { ...state, layers: Math.trunc(state.layers), path: state.path !== false, letter: +state.letter };
}

function choice(legend, options, pick) {
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const inputs = options.map(([value]) => element("input", { type: "radio", name: group, value, onchange: () => pick(value) }));
  const labels = options.map(([, text], i) => element("label", {}, inputs[i], element("span", { textContent: text })));
  const node = element("fieldset", { className: "s2g-choice" }, element("legend", { textContent: legend }), element("div", {}, ...labels));
  return { node, show: (value) => inputs.forEach((input) => { input.checked = input.value === String(value); }) };
}

const share = (value) => Math.min(Math.max((Math.log10(Math.max(value, 1e-300)) - LOWEST) / (HIGHEST - LOWEST), 0), 1);

function line(row, first) {
  const measure = (value) => element("td", {}, element("span", { textContent: number(value) }),
    element("span", { className: "s2g-bar", "--s2g-w": share(value).toFixed(4) }));
  const name = row.layer === 0 ? "input" : `${row.layer} ${row.sublayer}`;
  return element("tr", { className: first ? "s2g-first" : "" }, element("th", { scope: "row", textContent: name }),
    element("td", { textContent: number(row.mean) }), element("td", { textContent: number(row.variance) }),
    measure(row.size), measure(row.arrives));
}

async function render({ model, el }) {
  const shipped = await stored(model, "weights", "blocks_weights.json");
  const root = element("div", { className: "s2g-root s2g-blocks" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const controls = {
    path: choice("Residual path", [[true, "on"], [false, "off"]], (path) => set({ path })),
    norm: choice("Norm", Object.entries(NORMS), (norm) => set({ norm })),
    letter: choice("Letter that is followed", [...shipped.text].map((letter, place) => [place, letter]), (letter) => set({ letter })),
    layers: slider("blocks:", RANGES.layers, (layers) => set({ layers })),
    strength: slider("weights times:", RANGES.strength, (strength) => set({ strength })),
  };
  find("settings").append(...Object.values(controls).map(({ node }) => node));
  const say = speaker();

  function draw() {
    const state = readState(model, shipped);
    const rows = compute(state, shipped);
    for (const name of ["path", "norm", "letter"]) controls[name].show(state[name]);
    controls.layers.show(state.layers);
    controls.strength.show(state.strength, state.strength.toFixed(1));
    find("summary").textContent = describe(rows, state);
    const titles = ["after", "mean", "variance", "size", "of a small change arrives"];
    find("depth").replaceChildren(
      element("thead", {}, element("tr", {}, ...titles.map((textContent) => element("th", { scope: "col", textContent })))),
      element("tbody", {}, ...rows.map((row) => line(row, row.sublayer !== "feed-forward"))));
    say(find("live"), find("summary").textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
