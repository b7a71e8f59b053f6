// Attention on cards: type a line, choose the card that asks, and see where its attention goes.
// One anywidget module without imports: JupyterLab runs it beside a kernel, the site without one.
// Typed words reach the page through textContent only, never as markup.

const MAX_CHARACTERS = 240;
const MAX_CARDS = 12;
const SEPARATOR = /[,;،、，\n]/u;
const DEFAULTS = {
  text: "Ana tea, Ben milk, Cleo rice, Ben ?", divisor: "sqrt_d_k", mask: "causal_blanks", temperature: 1,
  projections: "learned", query: -1, weights: null,
};
const EXAMPLES = [
  ["one match", "Ana tea, Ben milk, Cleo rice, Ben ?"],
  ["two matches", "Ana tea, Ben milk, Ana rice, Ana ?"],
  ["two questions", "Ana tea, Ben milk, Ana ?, Ben ?"],
  ["plain words", "the cat saw the other cat"],
];
const CHOICES = {
  divisor: ["Divide the scores by", [["none", "1"], ["sqrt_d_k", "√d_k"], ["d_k", "d_k"]]],
  mask: ["Mask", [["none", "none"], ["causal", "causal"], ["causal_blanks", "causal, no blanks"]]],
  projections: ["Projections", [["learned", "learned"], ["none", "none: q = k = v = x"]]],
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

// A clause between commas is a card: its first word is who, its last word is what; "?" is blank.
// Without commas every word is a card of its own, who and what at once.
export function parseCards(text) {
  const characters = [...text];
  const kept = characters.slice(0, MAX_CHARACTERS).join("");
  const clauses = SEPARATOR.test(kept) ? kept.split(SEPARATOR).map(words) : words(kept).map((word) => [word, word]);
  const all = clauses.filter((clause) => clause.length).map((clause) => ({
    who: clause[0] === "?" ? "" : clause[0],
    what: clause.length === 1 || clause.at(-1) === "?" ? "" : clause.at(-1),
    label: clause.length === 2 && clause[0] === clause[1] ? clause[0] : `${clause[0]} ${clause[1] ? clause.at(-1) : "?"}`,
  }));
  const notices = [];
  if (!all.length) notices.push("The table is empty. Type a line such as “Ana tea, Ben ?”, or pick an example.");
  if (characters.length > MAX_CHARACTERS) notices.push(`Only the first ${MAX_CHARACTERS} characters are read; this line has ${characters.length}.`);
  if (all.length > MAX_CARDS) notices.push(`Only the first ${MAX_CARDS} of ${all.length} cards are on the table.`);
  return { cards: all.slice(0, MAX_CARDS), notice: notices.join(" ") };
}

// ---- attention -------------------------------------------------------------------------------------

const dot = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);
const half = (word, size, salt) => (word ? wordVector(word, size, salt) : Array(size).fill(0));

function project(vector, matrix) { // vector @ matrix; without a matrix the vector itself
  return matrix ? matrix[0].map((_, column) => vector.reduce((sum, value, row) => sum + value * matrix[row][column], 0)) : vector;
}

export function softmax(scores) { // masked scores are −∞; a row of nothing but −∞ gets weights 0
  const peak = Math.max(...scores);
  if (peak === -Infinity) return scores.map(() => 0);
  const powers = scores.map((score) => Math.exp(score - peak));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

export function mayAttend(mask, cards, query, key) {
  if (mask === "none") return true;
  return key <= query && (mask === "causal" || cards[key].what !== "");
}

// Everything that the widget shows, from its state alone.
export function compute(state) {
  const { text, divisor, mask, temperature, projections, weights: learned } = { ...DEFAULTS, ...state };
  const { cards, notice } = parseCards(text);
  const size = learned.d_model / 2;
  const { w_q: w_q, w_k: w_k, w_v: w_v } = projections === "learned" ? learned : {};
  const x = cards.map((card) => [...half(card.who, size, 0), ...half(card.what, size, 1)]);
  const [queries, keys, values] = [w_q, w_k, w_v].map((matrix) => x.map((row) => project(row, matrix)));
  const d_k = w_q ? learned.d_k : learned.d_model;
  const divideBy = { none: 1, sqrt_d_k: Math.sqrt(d_k), d_k }[divisor] * temperature;
  const raw = queries.map((query) => keys.map((key) => dot(query, key)));
  const scaled = raw.map((row, i) => row.map((score, j) => (mayAttend(mask, cards, i, j) ? score / divideBy : -Infinity)));
  const weights = scaled.map(softmax);
  const outputs = weights.map((row) => (values[0] ?? []).map((_, column) => row.reduce((sum, weight, j) => sum + weight * values[j][column], 0)));
  const whats = [...new Map(cards.filter((card) => card.what).map((card) => [card.what.toLowerCase(), card.what])).values()];
  const known = whats.map((word) => ({ word, value: project([...Array(size).fill(0), ...half(word, size, 1)], w_v) }));
  const asked = cards.length - 1;
  const query = state.query >= 0 && state.query <= asked ? state.query : asked;
  return { cards, notice, d_k, divideBy, raw, scaled, weights, outputs, query, reads: nearest(outputs[query], known) };
}

// The words on the table, best first, by the cosine between their value and the output.
function nearest(output, known) {
  const norm = (vector) => Math.sqrt(dot(vector, vector));
  if (!output || norm(output) === 0) return [];
  return known.map(({ word, value }) => ({ word, value, cosine: dot(output, value) / (norm(output) * norm(value) || 1) }))
    .sort((a, b) => b.cosine - a.cosine);
}

// ---- the page --------------------------------------------------------------------------------------

const number = (value, digits = 2) => (value === -Infinity ? "−∞" : value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−"));
const percent = (weight) => `${Math.round(weight * 100)} %`;

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("--")) node.style.setProperty(name, value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const word = (text) => element("bdi", { textContent: text }); // right-to-left words keep their own direction

function choice(name, id, pick) {
  const [legend, options] = CHOICES[name];
  const inputs = options.map(([value]) => element("input", { type: "radio", name: `${id}-${name}`, value, onchange: () => pick(value) }));
  const labels = options.map(([, label], index) => element("label", {}, inputs[index], element("span", { textContent: label })));
  const node = element("fieldset", { className: "s2g-choice" }, element("legend", { textContent: legend }), element("div", {}, ...labels));
  return { node, show: (value) => { for (const input of inputs) input.checked = input.value === value; } };
}

function cardNode(card, index, id, pick) {
  const input = element("input", { type: "radio", name: `${id}-query`, className: "s2g-hidden", onchange: () => pick(index) });
  const bar = element("span", { className: "s2g-bar" });
  const share = element("span", { className: "s2g-share" });
  const what = card.who === card.what ? "" : card.what || "?";
  const node = element("label", { className: "s2g-card" }, input, element("b", {}, word(card.who || "?")),
    element("span", { className: card.what ? "" : "s2g-blank" }, word(what || " ")), bar, share);
  return { show(weight, asks) {
    input.checked = asks;
    input.setAttribute("aria-label", `${card.label}, weight ${number(weight)}${asks ? ", asks" : ""}`);
    node.classList.toggle("s2g-asks", asks);
    bar.style.setProperty("--s2g-w", weight.toFixed(4));
    share.textContent = percent(weight);
  }, node };
}

function scoreTable(result, scale) {
  const { cards, query, raw, scaled, weights } = result;
  const head = ["key", "q · k", scale, "weight"].map((title) => element("th", { scope: "col", textContent: title }));
  const rows = cards.map((card, key) => element("tr", { className: scaled[query][key] === -Infinity ? "s2g-masked" : "" },
    element("th", { scope: "row" }, word(card.label)),
    element("td", { textContent: number(raw[query][key]) }), element("td", { textContent: number(scaled[query][key]) }),
    element("td", { className: "s2g-weight", "--s2g-w": weights[query][key].toFixed(4) },
      element("span", { className: "s2g-bar" }), element("span", { textContent: number(weights[query][key], 3) }))));
  return [element("caption", {}, "From score to weight: the query is ", word(`“${cards[query].label}”`)), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)];
}

function weightTable({ cards, query, scaled, weights }) {
  const corner = element("td", { className: "s2g-corner", textContent: "query ↓  key →" });
  const head = cards.map((card) => element("th", { scope: "col" }, word(card.label)));
  const rows = cards.map((card, i) => element("tr", { className: i === query ? "s2g-asks" : "" },
    element("th", { scope: "row" }, word(card.label)),
    ...weights[i].map((weight, j) => (scaled[i][j] === -Infinity
      ? element("td", { className: "s2g-masked" }, element("span", { className: "s2g-hidden", textContent: "masked" }))
      : element("td", { className: weight > 0.5 ? "s2g-strong" : "", "--s2g-w": weight.toFixed(4), textContent: number(weight) })))));
  return [element("caption", { textContent: "All weights: a row for each query; every row sums to 1" }), element("thead", {}, element("tr", {}, corner, ...head)), element("tbody", {}, ...rows)];
}

function outputBars(output, best) {
  const limit = Math.max(1e-9, ...output.map(Math.abs), ...(best?.value ?? []).map(Math.abs));
  return output.map((value, index) => element("span", { className: value < 0 ? "s2g-down" : "s2g-up", "--s2g-v": (Math.abs(value) / limit).toFixed(4) },
    ...(best ? [element("i", { "--s2g-m": (best.value[index] / limit).toFixed(4) })] : [])));
}

// One sentence that says what the pictures show; also read aloud when the state changes.
export function describe({ cards, query, weights, reads }) {
  const ranked = weights[query].map((weight, key) => [weight, cards[key].label]).sort((a, b) => b[0] - a[0]);
  const asks = `“${cards[query].label}”`;
  if (ranked[0][0] === 0) return `${asks} may attend to no card: its weights and its output are 0.`;
  const shares = ranked.slice(0, 3).filter(([weight], rank) => rank === 0 || weight >= 0.005).map(([weight, label]) => `${percent(weight)} to “${label}”`);
  const answer = reads.length ? `The mixed value is nearest to “${reads[0].word}” (cosine ${number(reads[0].cosine)}).` : "The mixed value is 0: there was nothing to read.";
  return `${asks} gives ${shares.join(", ")}. ${answer}`;
}

const TEMPLATE = `
  <label class="s2g-line">Cards on the table <input type="text" class="s2g-text" dir="auto" spellcheck="false" autocomplete="off"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <div class="s2g-table">
    <div class="s2g-cards" role="radiogroup" aria-label="Choose the card that asks"></div>
    <p class="s2g-summary"></p>
    <p class="s2g-hidden s2g-live" aria-live="polite"></p>
    <div class="s2g-columns">
      <table class="s2g-scores"></table>
      <figure class="s2g-output"><figcaption></figcaption><div class="s2g-bars" role="img"></div><p class="s2g-reads"></p></figure>
    </div>
    <div class="s2g-scroll" tabindex="0" role="region" aria-label="All weights"><table class="s2g-weights"></table></div>
  </div>`;

function render({ model, el }) {
  const id = `s2g-${Math.random().toString(36).slice(2)}`;
  const root = element("div", { className: "s2g-root s2g-attention" });
  root.innerHTML = TEMPLATE; // our own constant markup
  const find = (name) => root.querySelector(`.s2g-${name}`);
  const get = (name) => model.get(name) ?? DEFAULTS[name];
  const set = (changes) => { for (const [name, value] of Object.entries(changes)) model.set(name, value); model.save_changes(); };

  const text = find("text");
  text.addEventListener("input", () => set({ text: text.value }));
  find("examples").append(...EXAMPLES.map(([title, line]) => element("button", { type: "button", textContent: title, title: line, onclick: () => set({ text: line, query: -1 }) })));
  const choices = Object.fromEntries(Object.keys(CHOICES).map((name) => [name, choice(name, id, (value) => set({ [name]: value }))]));
  const slider = element("input", { type: "range", min: 0.1, max: 5, step: 0.1, oninput: () => set({ temperature: +slider.value }) });
  const reading = element("output");
  find("settings").append(choices.divisor.node, choices.mask.node, choices.projections.node,
    element("label", { className: "s2g-slider" }, element("span", {}, "Temperature ", reading), slider));

  let drawnCards = "";
  let cardNodes = [];
  let speaking;

  function drawCards(cards) { // only when the line changed, so that keyboard focus survives
    const key = JSON.stringify(cards);
    if (key === drawnCards) return;
    drawnCards = key;
    cardNodes = cards.map((card, index) => cardNode(card, index, id, (query) => set({ query })));
    find("cards").replaceChildren(...cardNodes.map(({ node }) => node));
  }

  function say(sentence) { // after a pause, or a moving slider would never stop talking
    clearTimeout(speaking);
    speaking = setTimeout(() => { find("live").textContent = sentence; }, 500);
  }

  function draw() {
    const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, get(name)]));
    if (text.value !== state.text) text.value = state.text;
    for (const [name, { show }] of Object.entries(choices)) show(state[name]);
    slider.value = state.temperature;
    reading.textContent = state.temperature.toFixed(1);
    if (!state.weights?.w_q) {
      find("notice").textContent = "The trained matrices are missing, so there is nothing to compute with.";
      find("table").hidden = true;
      return;
    }
    const result = compute(state);
    find("notice").textContent = result.notice;
    find("table").hidden = !result.cards.length;
    drawCards(result.cards);
    if (result.cards.length) drawResult(result, state);
    else say("");
  }

  function drawResult(result, state) {
    const { query, weights, outputs, reads, d_k } = result;
    const output = outputs[query];
    cardNodes.forEach(({ show }, index) => show(weights[query][index], index === query));
    const divisor = { none: "1", sqrt_d_k: `√${d_k}`, d_k: `${d_k}` }[state.divisor];
    find("scores").replaceChildren(...scoreTable(result, state.temperature === 1 ? `÷ ${divisor}` : `÷ (${divisor} · ${state.temperature.toFixed(1)})`));
    find("weights").replaceChildren(...weightTable(result));
    find("bars").replaceChildren(...outputBars(output, reads[0]));
    find("bars").setAttribute("aria-label", `Output: ${output.map((value) => number(value)).join(", ")}`);
    root.querySelector("figcaption").textContent = `Output: ${output.length} numbers, the values mixed by the weights`;
    find("reads").replaceChildren(...(reads.length ? ["reads: ", element("b", {}, word(reads[0].word)), ` · marks show its value, cosine ${number(reads[0].cosine)}`] : ["reads: nothing"]));
    const sentence = describe(result);
    find("summary").textContent = sentence;
    say(sentence);
  }

  for (const name of Object.keys(DEFAULTS)) model.on(`change:${name}`, draw);
  draw();
  el.append(root);
  return () => { clearTimeout(speaking); for (const name of Object.keys(DEFAULTS)) model.off(`change:${name}`, draw); };
}

export default { render };
