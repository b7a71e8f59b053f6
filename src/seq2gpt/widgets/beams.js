// Beam search as a growing tree, on a small translator's own probabilities: English number words to German.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
// Typed text reaches the page through textContent only, never as markup.
import { drawOnChange, element, slider, speaker, stored } from "./parts.js";

const [BOS, EOS] = [1, 2];
const LONGEST = 12; // tokens of a translation
const WIDTHS = { min: 1, max: 5, step: 1 };
const ALPHAS = { min: 0, max: 2, step: 0.1 };
const DEFAULTS = { number: "205", width: 3, alpha: 0.6, steps: LONGEST };
const EXAMPLES = ["205", "901", "548", "20", "749"];
const [COLUMN, ROW, BOX] = [76, 58, [68, 36]]; // of the tree, in its own units

// ---- number words ------------------------------------------------------------------------------------

const ONES = {
  en: "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" "),
  de: "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split(" "),
};
const TENS = {
  en: "twenty thirty forty fifty sixty seventy eighty ninety".split(" "),
  de: "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split(" "),
};

function englishBelowHundred(n) {
  if (n < 20) return [ONES.en[n]];
  return [TENS.en[Math.floor(n / 10) - 2], ...(n % 10 ? [ONES.en[n % 10]] : [])];
}

function germanBelowHundred(n) {
  if (n === 1) return ["eins"];
  if (n < 20) return [ONES.de[n]];
  return [...(n % 10 ? [ONES.de[n % 10], "und"] : []), TENS.de[Math.floor(n / 10) - 2]];
}

export function numberWords(n) { // from 1 to 999, in both languages
  const [hundreds, rest] = [Math.floor(n / 100), n % 100];
  const english = [...(hundreds ? [ONES.en[hundreds], "hundred"] : []), ...(hundreds && rest ? ["and"] : []), ...(rest ? englishBelowHundred(rest) : [])];
  const german = [...(hundreds ? [ONES.de[hundreds], "hundert"] : []), ...(rest ? germanBelowHundred(rest) : [])];
  return { english: english.join(" "), german: german.join(" ") };
}

// ---- the translator ----------------------------------------------------------------------------------

export function unpack({ source_words, target_words, weights }) {
  const rows = ({ shape: [n, width = 1], scale, int16 }) => {
    const bytes = Uint8Array.from(atob(int16), (character) => character.charCodeAt(0));
    const numbers = Array.from(new Int16Array(bytes.buffer), (whole) => whole * scale);
    return width === 1 ? numbers : Array.from({ length: n }, (_, row) => numbers.slice(row * width, (row + 1) * width));
  };
  return { source_words, target_words, weights: Object.fromEntries(Object.entries(weights).map(([name, entry]) => [name, rows(entry)])) };
}

const affine = (matrix, bias, x) => matrix.map((row, i) => row.reduce((sum, value, j) => sum + value * x[j], bias[i]));
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

function gruStep(weights, side, id, h) { // the state after one more id
  const of = (name) => weights[`${side}.rnn.${name}_l0`];
  const fromInput = affine(of("weight_ih"), of("bias_ih"), weights[`${side}.embedding.weight`][id]);
  const fromState = affine(of("weight_hh"), of("bias_hh"), h);
  const d = h.length;
  return h.map((old, i) => {
    const reset = sigmoid(fromInput[i] + fromState[i]);
    const keep = sigmoid(fromInput[d + i] + fromState[d + i]);
    return keep * old + (1 - keep) * Math.tanh(fromInput[2 * d + i] + reset * fromState[2 * d + i]);
  });
}

export function encode({ source_words, weights }, english) {
  const zero = weights["encoder.rnn.bias_hh_l0"].slice(0, weights["encoder.embedding.weight"][0].length).fill(0);
  return english.split(" ").reduce((h, word) => gruStep(weights, "encoder", source_words.indexOf(word), h), zero);
}

function decode({ weights }, id, h) { // ln P of every next token, and the state
  const state = gruStep(weights, "decoder", id, h);
  const logits = affine(weights["decoder.head.weight"], weights["decoder.head.bias"], state);
  const peak = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - peak), 0)) + peak;
  return { logP: logits.map((z) => z - total), state };
}

// ---- the search: the same steps as beam_search in seq2gpt.seq2seq -------------------------------------

const penalty = (length, alpha) => ((5 + length) / 6) ** alpha;
export const score = ({ ids, logP }, alpha, length = ids.length) => logP / penalty(length, alpha);

// Rows of nodes, one row a step, best first; a node knows its parent node. `ids` are without <bos>.
export function search(translator, context, width, alpha) {
  const root = { ids: [], logP: 0, state: context, parent: null };
  const rows = [];
  let live = [root];
  const done = [];
  while (live.length && rows.length < LONGEST) {
    const grown = live.flatMap((parent) => {
      const { logP, state } = decode(translator, parent.ids.at(-1) ?? BOS, parent.state);
      return logP.map((more, token) => ({ ids: [...parent.ids, token], p: Math.exp(more), logP: parent.logP + more, state, parent }));
    });
    const kept = grown.sort((a, b) => b.logP - a.logP).slice(0, width);
    rows.push(kept);
    done.push(...kept.filter(({ ids }) => ids.at(-1) === EOS));
    live = kept.filter(({ ids }) => ids.at(-1) !== EOS);
    const possible = Math.max(...live.map((node) => score(node, alpha, alpha > 0 ? LONGEST : undefined)));
    if (done.some((node) => score(node, alpha) >= possible)) break;
  }
  const ranked = [...done, ...live].sort((a, b) => score(b, alpha) - score(a, alpha));
  return { root, rows, done, ranked };
}

const textOf = ({ target_words }, { ids }) => ids.filter((id) => id !== EOS).map((id) => target_words[id]).join(" ");

export function readNumber(typed) {
  const n = Number(String(typed).trim());
  return /^\d+$/.test(String(typed).trim()) && n >= 1 && n <= 999 ? n : null;
}

// Everything that the widget shows, from its state and the translator alone.
export function compute(state, translator) {
  const { number, width, alpha } = { ...DEFAULTS, ...state };
  const n = readNumber(number);
  if (n === null) return { notice: "Type a whole number from 1 to 999." };
  const { english, german } = numberWords(n);
  const context = encode(translator, english);
  const found = search(translator, context, width, alpha);
  const greedy = textOf(translator, search(translator, context, 1, 0).ranked[0]);
  const sentences = found.ranked.map((node) => ({
    text: textOf(translator, node), tokens: node.ids.length, logP: node.logP, score: score(node, alpha),
    finished: node.ids.at(-1) === EOS, node,
  }));
  return { notice: "", n, english, german, greedy, ...found, sentences, winner: sentences[0] };
}

const number = (value, digits = 2) => value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const verdict = (text, german) => (text === german ? "right" : "wrong");

// One sentence that says what the tree shows; it is also read aloud when the state changes.
export function describe({ english, german, greedy, winner, rows }, { width }) {
  const wrote = `“${winner.text}”, ${verdict(winner.text, german)}`;
  const kept = `${width} ${width === 1 ? "beginning" : "beginnings"}, ${rows.length} steps`;
  const compared = greedy === winner.text ? "Greedy decoding writes the same." : `Greedy decoding writes “${greedy}”, ${verdict(greedy, german)}.`;
  const wanted = [winner.text, greedy].includes(german) ? "" : ` Right would be “${german}”.`;
  return `“${english}”, ${kept}: the search returns ${wrote}. ${compared}${wanted}`;
}

// ---- the page ----------------------------------------------------------------------------------------

function shape(tag, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

function places({ rows, root }, width) { // where each node of the tree stands
  const at = new Map([[root, { x: (width * COLUMN) / 2, y: BOX[1] / 2 + 1 }]]);
  rows.forEach((row, step) => row.forEach((node, rank) => at.set(node, { x: (rank + 0.5) * COLUMN, y: (step + 1) * ROW + BOX[1] / 2 + 1 })));
  return at;
}

function tree(result, translator, width, shownRows) {
  const at = places(result, width);
  const best = new Set();
  for (let node = result.winner.node; node; node = node.parent) best.add(node);
  const edges = [];
  const boxes = [box(result.root, "<bos>", "", at, "s2g-best")];
  for (const node of shownRows.flat()) {
    const [from, to] = [at.get(node.parent), at.get(node)];
    const chosen = best.has(node) ? "s2g-best" : "";
    edges.push(shape("line", { x1: from.x, y1: from.y + BOX[1] / 2, x2: to.x, y2: to.y - BOX[1] / 2, class: chosen }));
    const ended = node.ids.at(-1) === EOS ? "s2g-end" : "";
    boxes.push(box(node, translator.target_words[node.ids.at(-1)], number(node.logP), at, `${chosen} ${ended}`));
  }
  return [...edges, ...boxes];
}

function box(node, word, below, at, kind) {
  const { x, y } = at.get(node);
  const group = shape("g", { class: `s2g-node ${kind}` });
  group.append(
    shape("rect", { x: x - BOX[0] / 2, y: y - BOX[1] / 2, width: BOX[0], height: BOX[1], rx: 6 }),
    shape("text", { x, y: y + (below ? -2 : 4), class: "s2g-word" }, word),
    ...(below ? [shape("text", { x, y: y + 12, class: "s2g-lnp" }, below)] : []),
  );
  return group;
}

function sentenceTable({ sentences, german }) {
  const heading = (scope, text) => element("th", { scope, textContent: text });
  const rows = sentences.map(({ text, tokens, logP, score: value, finished }, rank) => element("tr", { className: rank ? "" : "s2g-asks" },
    heading("row", `${text || "(nothing)"}${finished ? "" : " …"}${text === german ? " ✓" : ""}`), element("td", { textContent: tokens }),
    element("td", { textContent: number(logP) }), element("td", { textContent: number(value, 3) })));
  const titles = ["sentence", "tokens", "ln P", "score"];
  return [element("caption", { textContent: "What the search ended with, the best score first; ✓ marks the right one, … an unfinished one" }),
    element("thead", {}, element("tr", {}, ...titles.map((title) => heading("col", title)))), element("tbody", {}, ...rows)];
}

const TEMPLATE = `
  <label class="s2g-line">A number from 1 to 999, to be translated
    <input type="text" inputmode="numeric" class="s2g-text" spellcheck="false" autocomplete="off"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <div class="s2g-shown">
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
    <div class="s2g-scroll s2g-branches" tabindex="0" role="group" aria-label="The tree"><svg class="s2g-tree" role="img"></svg></div>
    <div class="s2g-scroll s2g-ended" tabindex="0" role="region" aria-label="Sentences"><table class="s2g-sentences"></table></div>
  </div>`;

// The translator comes with the state; on a page of the site it lies in a file beside this module.
const within = (value, { min, max }, otherwise) => (Number.isFinite(+value) ? Math.min(Math.max(+value, min), max) : otherwise);

function readState(model) { // what is missing or out of range becomes the default or the nearest value
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  return {
    number: String(state.number), width: Math.round(within(state.width, WIDTHS, DEFAULTS.width)),
    alpha: within(state.alpha, ALPHAS, DEFAULTS.alpha), steps: Math.round(within(state.steps, { min: 1, max: LONGEST }, LONGEST)),
  };
}

async function render({ model, el }) {
  const translator = unpack(await stored(model, "translator", "number_model.json"));
  const root = element("div", { className: "s2g-root s2g-beams" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const typed = find("text");
  typed.oninput = () => set({ number: typed.value, steps: LONGEST });
  find("examples").append(...EXAMPLES.map((example) => element("button", {
    type: "button", textContent: example, onclick: () => set({ number: example, steps: LONGEST }),
  })));
  const width = slider("Beginnings kept:", WIDTHS, (value) => set({ width: value, steps: LONGEST }));
  const alpha = slider("Length penalty α:", ALPHAS, (value) => set({ alpha: value, steps: LONGEST }));
  const steps = slider("Steps shown:", { min: 1, max: LONGEST, step: 1 }, (value) => set({ steps: value }));
  find("settings").append(width.node, alpha.node, steps.node);
  const say = speaker();

  function drawTree(result, state) {
    const shown = result.rows.slice(0, state.steps);
    const [w, h] = [Math.max(state.width, 2) * COLUMN, (result.rows.length + 1) * ROW];
    const svg = find("tree");
    svg.setAttribute("viewBox", `${(Math.min(state.width, 2) - 2) * COLUMN / 2} 0 ${w} ${h}`);
    Object.assign(svg.style, { maxWidth: `${w * 1.15}px`, minWidth: `${w * 0.95}px` }); // smaller it is not legible
    svg.setAttribute("aria-label", `The tree after ${shown.length} of ${result.rows.length} steps: ${shown.map((row) => row.map(({ ids }) => translator.target_words[ids.at(-1)]).join(", ")).join("; ")}`);
    svg.replaceChildren(...tree(result, translator, state.width, shown));
    steps.input.max = result.rows.length;
    steps.show(shown.length, `${shown.length} of ${result.rows.length}`);
    find("ended").hidden = shown.length < result.rows.length;
  }

  function draw() {
    const state = readState(model);
    const result = compute(state, translator);
    if (typed.value !== state.number) typed.value = state.number;
    width.show(state.width);
    alpha.show(state.alpha, state.alpha.toFixed(1));
    find("notice").textContent = result.notice;
    find("shown").hidden = Boolean(result.notice);
    if (!result.notice) {
      drawTree(result, state);
      find("sentences").replaceChildren(...sentenceTable(result));
      find("summary").textContent = describe(result, state);
    }
    const grown = result.notice || state.steps >= result.rows.length ? "" : `${find("tree").getAttribute("aria-label")}. `;
    say(find("live"), result.notice ? "" : grown + find("summary").textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
