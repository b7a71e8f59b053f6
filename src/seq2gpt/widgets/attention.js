// Attention on cards: type a line, choose the card that asks, and see where its attention goes.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
// Typed words reach the page through textContent only, never as markup.
import { dot, drawOnChange, element, percent, slider, softmax, speaker, stored } from "./parts.js";

const MAX_CHARACTERS = 240;
const MAX_CARDS = 12;
const CLEAR = 0.4; // a cosine below is common between unrelated vectors of 16 numbers
const SEPARATOR = /[,;،、，\n]/u;
const TEMPERATURES = { min: 0.1, max: 5, step: 0.1 };
const DEFAULTS = {
  text: "Ana tea, Ben milk, Cleo rice, Ben ?", divisor: "sqrt_d_k", mask: "causal_padding", temperature: 1,
  projections: "learned", query: -1,
};
const EXAMPLES = [
  ["one match", "Ana tea, Ben milk, Cleo rice, Ben ?"],
  ["two matches", "Ana tea, Ben milk, Ana rice, Ana ?"],
  ["two questions", "Ana tea, Ben milk, Ana ?, Ben ?"],
  ["face down", "Ana tea, Ben milk, (Ben rice), Ben ?"],
  ["plain words", "the cat saw the other cat"],
];
const CHOICES = {
  divisor: ["Divide the scores by", [["none", "1"], ["sqrt_d_k", "√d_k"], ["d_k", "d_k"]]],
  mask: ["Mask", [["none", "none"], ["causal", "causal"], ["causal_padding", "causal + padding"]]],
  projections: ["Projections", [["learned", "learned"], ["none", "none: q = k = x"]]],
};

// ---- words and cards -------------------------------------------------------------------------------

// The same numbers as word_vector in word_vectors.py: FNV-1a hash, mulberry32, sum of twelve uniforms.
export function wordVector(word, size = 16, salt = 0) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word.toLowerCase().normalize("NFC"))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  let state = hash ^ Math.imul(salt, 0x9e3779b9);
  return Array.from({ length: size }, () => {
    let total = 0;
    for (let draw = 0; draw < 12; draw++) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      total += (mixed ^ (mixed >>> 14)) >>> 0;
    }
    return total / 2 ** 32 - 6;
  });
}

const words = (clause) => clause.replace(/[?？؟]/gu, " ? ").split(/\s+/u)
  .map((word) => (word === "?" ? word : word.replace(/^\p{P}+|\p{P}+$/gu, ""))).filter(Boolean);

function readCard(clause) {
  const found = words(clause);
  const [who, what] = [found[0], found.length > 1 ? found.at(-1) : "?"];
  return found.length && { who, what, label: `${who} ${what}`, faceDown: clause.trim().startsWith("(") };
}

// A clause between commas is a card: its first word is who, its last word is what, "?" where there is
// none; in parentheses it lies face down. Without commas every word is a card, who and what at once.
export function parseCards(text) {
  const characters = [...text];
  const kept = characters.slice(0, MAX_CHARACTERS).join("");
  const all = SEPARATOR.test(kept) ? kept.split(SEPARATOR).map(readCard).filter(Boolean)
    : words(kept).map((word) => ({ who: word, what: word, label: word, faceDown: false }));
  const notices = [];
  if (!all.length) notices.push("The table is empty. Type a line such as “Ana tea, Ben ?”, or pick an example.");
  if (characters.length > MAX_CHARACTERS) notices.push(`Only the first ${MAX_CHARACTERS} of ${characters.length} characters are read.`);
  if (all.length > MAX_CARDS) notices.push(`Only the first ${MAX_CARDS} of ${all.length} cards are on the table.`);
  return { cards: all.slice(0, MAX_CARDS), notice: notices.join(" ") };
}

const number = (value, digits = 2) => (value === -Infinity ? "−∞" : value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−"));
// ---- attention -------------------------------------------------------------------------------------

const project = (vector, matrix) => matrix[0].map((_, column) => vector.reduce((sum, value, row) => sum + value * matrix[row][column], 0));

export function mayAttend(mask, cards, query, key) {
  if (mask === "none") return true;
  return key <= query && (mask === "causal" || !cards[key].faceDown);
}

// Everything that the widget shows, from its state and the learned matrices alone. Without projections
// the query and the key are the card as it is, and the value is its second half.
export function compute(state, learned) {
  const { text, divisor, mask, temperature, projections, query: chosen } = { ...DEFAULTS, ...state };
  const { cards, notice } = parseCards(text);
  const size = learned.d_model / 2;
  const x = cards.map(({ who, what }) => [...wordVector(who, size, 0), ...wordVector(what, size, 1)]);
  const isLearned = projections === "learned";
  const queries = isLearned ? x.map((row) => project(row, learned.w_q)) : x;
  const keys = isLearned ? x.map((row) => project(row, learned.w_k)) : x;
  const values = x.map((row) => (isLearned ? project(row, learned.w_v) : row.slice(size)));
  const d_k = isLearned ? learned.d_k : learned.d_model;
  const divideBy = { none: 1, sqrt_d_k: Math.sqrt(d_k), d_k }[divisor] * temperature;
  const raw = queries.map((query) => keys.map((key) => dot(query, key)));
  const scaled = raw.map((row, i) => row.map((score, j) => (mayAttend(mask, cards, i, j) ? score / divideBy : -Infinity)));
  const weights = scaled.map(softmax);
  const outputs = weights.map((row) => values[0].map((_, column) => dot(row, values.map((value) => value[column]))));
  const query = Number.isInteger(chosen) && chosen >= 0 && chosen < cards.length ? chosen : cards.length - 1;
  return { cards, notice, d_k, raw, scaled, weights, outputs, query, reads: nearest(outputs[query], cards, size) };
}

// The things on the table, best first, by the cosine between their vector and the output.
function nearest(output, cards, size) {
  if (!output || dot(output, output) === 0) return [];
  const things = new Map(cards.map(({ what }) => [what.toLowerCase(), what]));
  return [...things.values()].map((thing) => {
    const vector = wordVector(thing, size, 1);
    return { thing, vector, cosine: dot(output, vector) / Math.sqrt(dot(output, output) * dot(vector, vector)) };
  }).sort((a, b) => b.cosine - a.cosine);
}

// One sentence that says what the pictures show; it is also read aloud when the state changes.
export function describe({ cards, query, weights, reads }) {
  const asks = `“${cards[query].label}”`;
  const ranked = weights[query].map((weight, key) => ({ weight, label: cards[key].label })).sort((a, b) => b.weight - a.weight);
  if (ranked[0].weight === 0) return `${asks} may attend to no card: its weights and its output are all 0.`;
  const shares = ranked.slice(0, 3).filter(({ weight }, place) => place === 0 || weight >= 0.005)
    .map(({ weight, label }) => `${percent(weight)} to “${label}”`);
  const { thing, cosine } = reads[0];
  const answer = cosine < CLEAR
    ? "What it gets resembles no thing on the table."
    : `What it gets is most like “${thing}” (cosine ${number(cosine)}).`;
  return `${asks} attends: ${shares.join(", ")}. ${answer}`;
}

// ---- the page --------------------------------------------------------------------------------------

const word = (text) => element("bdi", { textContent: text }); // right-to-left words keep their direction
const lines = ({ who, what }) => (who === what ? [word(who)] : [word(who), word(what)]);
const heading = (scope, ...content) => element("th", { scope }, ...content);

function choice(name, group, pick) {
  const [legend, options] = CHOICES[name];
  const inputs = options.map(([value]) => element("input", { type: "radio", name: `${group}-${name}`, value, onchange: () => pick(value) }));
  const labels = options.map(([, label], i) => element("label", {}, inputs[i], element("span", { textContent: label })));
  const node = element("fieldset", { className: "s2g-choice" }, element("legend", { textContent: legend }), element("div", {}, ...labels));
  return { node, show: (value) => inputs.forEach((input) => { input.checked = input.value === value; }) };
}

function cardNode(card, group, pick) {
  const input = element("input", { type: "radio", name: `${group}-query`, className: "s2g-hidden", onchange: pick });
  const bar = element("span", { className: "s2g-bar" });
  const share = element("span", { className: "s2g-share" });
  const [who, what = ""] = lines(card);
  const node = element("label", { className: "s2g-card" }, input, element("b", {}, who), element("span", {}, what), bar, share);
  node.classList.toggle("s2g-down", card.faceDown);
  return { node, show(weight, asks) {
    input.checked = asks;
    input.setAttribute("aria-label", `${card.label}${card.faceDown ? ", face down" : ""}, weight ${number(weight)}`);
    bar.style.setProperty("--s2g-w", weight.toFixed(4));
    share.textContent = percent(weight);
  } };
}

function scoreTable({ cards, query, raw, scaled, weights }, divisor) {
  const titles = ["key", "q · k", `÷ ${divisor}`, "weight"];
  const rows = cards.map((card, key) => element("tr", { className: scaled[query][key] === -Infinity ? "s2g-masked" : "" },
    heading("row", word(card.label)),
    element("td", { textContent: number(raw[query][key]) }),
    element("td", { textContent: number(scaled[query][key]) }),
    element("td", { className: "s2g-weight", "--s2g-w": weights[query][key].toFixed(4) },
      element("span", { className: "s2g-bar" }), number(weights[query][key], 3))));
  return [element("caption", {}, "From score to weight, for the query “", word(cards[query].label), "”"),
    element("thead", {}, element("tr", {}, ...titles.map((title) => heading("col", title)))), element("tbody", {}, ...rows)];
}

function weightTable({ cards, query, scaled, weights }) {
  const cell = (weight, score) => (score === -Infinity
    ? element("td", { className: "s2g-masked" }, element("span", { className: "s2g-hidden", textContent: "masked" }))
    : element("td", { "--s2g-w": weight.toFixed(4), textContent: number(weight) }));
  const rows = cards.map((card, i) => element("tr", { className: i === query ? "s2g-asks" : "" },
    heading("row", word(card.label)), ...weights[i].map((weight, j) => cell(weight, scaled[i][j]))));
  return [element("caption", { textContent: "All weights: one row for each query, one column for each key" }),
    element("thead", {}, element("tr", {}, heading("col", "query ↓, key →"), ...cards.map((card) => heading("col", ...lines(card))))),
    element("tbody", {}, ...rows)];
}

// Bars are the output; marks are the vector of the nearest thing, drawn to the same height.
function outputBars(output, nearestVector = []) {
  const largest = (vector) => Math.max(...vector.map(Math.abs)) || 1;
  return output.map((value, i) => element("span", { "--s2g-v": (value / largest(output)).toFixed(4) }, element("span"),
    ...(nearestVector.length ? [element("i", { "--s2g-v": (nearestVector[i] / largest(nearestVector)).toFixed(4) })] : [])));
}

const TEMPLATE = `
  <label class="s2g-line">Cards on the table: who has what, between commas; in parentheses, face down
    <input type="text" class="s2g-text" dir="auto" spellcheck="false" autocomplete="off"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-shown">
    <fieldset class="s2g-cards"><legend>Choose the card that asks</legend><div></div></fieldset>
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
    <div class="s2g-settings"></div>
    <div class="s2g-columns">
      <table class="s2g-scores"></table>
      <figure class="s2g-output"><figcaption></figcaption><div class="s2g-bars" role="img"></div><p></p></figure>
    </div>
    <div class="s2g-scroll" tabindex="0" role="region" aria-label="All weights"><table class="s2g-weights"></table></div>
  </div>`;

// The matrices come with the state; on a page of the site they lie in a file beside this module.
function readState(model) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  for (const [name, [, options]] of Object.entries(CHOICES)) {
    if (!options.some(([value]) => value === state[name])) state[name] = DEFAULTS[name];
  }
  const temperature = Math.min(Math.max(+state.temperature || 1, TEMPERATURES.min), TEMPERATURES.max);
  return { ...state, text: String(state.text), temperature };
}

async function render({ model, el }) {
  let learned = await stored(model, "weights", "attention_weights.json");
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const root = element("div", { className: "s2g-root s2g-attention" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const text = find("text");
  text.oninput = () => set({ text: text.value });
  find("examples").append(...EXAMPLES.map(([textContent, title]) => element("button", {
    type: "button", textContent, title, onclick: () => set({ text: title, query: -1 }),
  })));
  const choices = Object.fromEntries(Object.keys(CHOICES).map((name) => [name, choice(name, group, (value) => set({ [name]: value }))]));
  const temperature = slider("Temperature", TEMPERATURES, (value) => set({ temperature: value }));
  find("settings").append(...Object.values(choices).map(({ node }) => node), temperature.node);

  let cardNodes = [];
  let shownCards = "";
  const say = speaker();

  function drawCards(cards) { // only when they changed, so that the keyboard focus survives
    if (JSON.stringify(cards) === shownCards) return;
    shownCards = JSON.stringify(cards);
    cardNodes = cards.map((card, index) => cardNode(card, group, () => set({ query: index })));
    find("cards > div").replaceChildren(...cardNodes.map(({ node }) => node));
  }

  function drawResult(result, { divisor, temperature }) {
    const { query, weights, outputs, reads, d_k } = result;
    const divideBy = { none: "1", sqrt_d_k: `√${d_k}`, d_k: `${d_k}` }[divisor];
    cardNodes.forEach(({ show }, index) => show(weights[query][index], index === query));
    find("scores").replaceChildren(...scoreTable(result, temperature === 1 ? divideBy : `(${divideBy} · ${temperature.toFixed(1)})`));
    find("weights").replaceChildren(...weightTable(result));
    find("bars").replaceChildren(...outputBars(outputs[query], reads[0]?.vector));
    find("bars").setAttribute("aria-label", `Output: ${outputs[query].map((value) => number(value)).join(", ")}`);
    find("output figcaption").textContent = `Output: the values, mixed by the weights (${outputs[query].length} numbers)`;
    find("output p").replaceChildren(...(reads.length
      ? ["Marks: “", word(reads[0].thing), `”, the nearest thing, cosine ${number(reads[0].cosine)}`]
      : ["All 0: there is no nearest thing."]));
    find("summary").textContent = describe(result);
  }

  function draw() {
    learned = model.get("weights") ?? learned;
    const state = readState(model);
    const result = compute(state, learned);
    if (text.value !== state.text) text.value = state.text;
    Object.entries(choices).forEach(([name, { show }]) => show(state[name]));
    temperature.show(state.temperature, state.temperature.toFixed(1));
    find("notice").textContent = result.notice;
    find("shown").hidden = !result.cards.length;
    drawCards(result.cards);
    if (result.cards.length) drawResult(result, state);
    say(find("live"), result.cards.length ? find("summary").textContent : "");
  }

  const stop = drawOnChange(model, [...Object.keys(DEFAULTS), "weights"], draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
