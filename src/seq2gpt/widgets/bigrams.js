// A bigram model of names that the reader types: the table of pairs, and a name judged pair by pair.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { drawOnChange, element, range, slider, speaker } from "./parts.js";

const DEFAULTS = { names: "ana nan anna", judged: "anana", smoothing: 1 };
const BREAK = ".";
const SMOOTHINGS = { min: 0, max: 3, step: 0.1 };
const [MOST_LETTERS, MOST_SYMBOLS, LONGEST] = [600, 27, 16]; // counted, in the table, judged or written

// ---- the model -------------------------------------------------------------------------------------

const wordsOf = (text) => text.replaceAll(BREAK, " ").split(/\s+/u).filter(Boolean);
const byCodePoint = (a, b) => a.codePointAt(0) - b.codePointAt(0);

// Entry [i][j]: how often symbol j stands right behind symbol i.
export function countPairs(ids, size) {
  const counts = range(size).map(() => range(size).map(() => 0));
  ids.slice(1).forEach((id, t) => { counts[ids[t]][id] += 1; });
  return counts;
}

// Every row smoothed and divided by its sum; a row without counts has equal entries.
export function probabilities(counts, smoothing) {
  return counts.map((row) => {
    const raised = row.some((count) => count > 0) ? row.map((count) => count + smoothing) : row.map(() => 1);
    const total = raised.reduce((a, b) => a + b);
    return raised.map((value) => value / total);
  });
}

// The table of the names and the factors of the judged name, or a notice that says what is wrong.
export function compute(state) {
  const { names, judged, smoothing } = { ...DEFAULTS, ...state };
  const letters = [...names];
  const words = wordsOf(letters.slice(0, MOST_LETTERS).join(""));
  if (!words.length) return { notice: "Type a name or two to be counted." };
  const symbols = [BREAK, ...[...new Set(words.join(""))].sort(byCodePoint)];
  if (symbols.length > MOST_SYMBOLS) return { notice: `The table has room for ${MOST_SYMBOLS - 1} different letters, these are ${symbols.length - 1}.` };
  const idsOf = (word) => [0, ...[...word].map((letter) => symbols.indexOf(letter)), 0];
  const counts = countPairs([0, ...words.flatMap((word) => idsOf(word).slice(1))], symbols.length);
  const model = probabilities(counts, smoothing);
  const result = { symbols, counts, model, notice: letters.length > MOST_LETTERS ? `Only the first ${MOST_LETTERS} of ${letters.length} characters are counted.` : "" };
  const word = wordsOf(judged)[0] ?? "";
  const strange = [...word].find((letter) => !symbols.includes(letter));
  if (!word) return { ...result, notice: "Type a name to be judged." };
  if ([...word].length > LONGEST) return { ...result, notice: `A name to be judged may have ${LONGEST} letters, this has ${[...word].length}.` };
  if (strange) return { ...result, notice: `“${strange}” is in none of the names above, so the table has no row for it: no token, no probability.` };
  const ids = idsOf(word);
  const steps = ids.slice(1).map((id, t) => ({ before: ids[t], after: id, count: counts[ids[t]][id], probability: model[ids[t]][id] }));
  const logarithm = steps.reduce((sum, { probability }) => sum + Math.log(probability), 0);
  const loss = -logarithm / steps.length;
  return { ...result, word, steps, logarithm, loss, perplexity: Math.exp(loss) };
}

// A new name, drawn symbol after symbol; random() lies between 0 and 1.
export function write({ model, symbols }, random) {
  const ids = [0];
  while (ids.length === 1 || (ids.at(-1) !== 0 && ids.length <= LONGEST)) {
    let left = random();
    const next = model[ids.at(-1)].findIndex((probability) => (left -= probability) < 0);
    ids.push(next < 0 ? model[ids.at(-1)].findLastIndex((probability) => probability > 0) : next); // rounding
  }
  return ids.map((id) => symbols[id]).join("").replaceAll(BREAK, "");
}

// ---- words -----------------------------------------------------------------------------------------

const minus = (text) => text.replace("-", "−");
const short = (value) => (value === 0 ? "0" : value >= 0.001 ? value.toFixed(3) : value.toExponential(1).replace("e", " · 10^").replace("+", "").replace("-", "−"));
const fixed = (value) => (Number.isFinite(value) ? minus(value.toFixed(2)) : value < 0 ? "−∞" : "∞");
const named = (symbol) => (symbol === BREAK ? "the full stop" : `“${symbol}”`);

// One or two sentences that say what the tables show; they are also read aloud when something changes.
export function describe({ symbols, word, steps, logarithm, loss, perplexity }) {
  const impossible = steps.find(({ probability }) => probability === 0);
  if (impossible) {
    return `“${word}” is impossible: ${named(symbols[impossible.after])} never followed ${named(symbols[impossible.before])}, and one factor 0 makes the product 0. Its perplexity is infinite; a smoothing above 0 helps.`;
  }
  return `“${word}” has the probability ${short(Math.exp(logarithm))}, the product of ${steps.length} factors; ln p = ${fixed(logarithm)}. `
    + `Its letters have a cross-entropy of ${fixed(loss)} nats, a perplexity of ${fixed(perplexity)} among ${symbols.length} symbols.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <label class="s2g-line">Names to be counted, with spaces between
    <input type="text" class="s2g-text" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
  <label class="s2g-line s2g-second">A name to be judged
    <input type="text" class="s2g-judged" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  <p class="s2g-line s2g-legend">How often the column's symbol follows the row's; the stronger the colour, the more probable. Framed: what the judged name needs</p>
  <div class="s2g-scroll" tabindex="0" role="region" aria-label="Pairs counted"><table class="s2g-weights s2g-pairs"></table></div>
  <div class="s2g-scroll" tabindex="0" role="region" aria-label="The name, pair by pair"><table class="s2g-factors"></table></div>
  <div class="s2g-row"><button type="button" class="s2g-main s2g-write">Write a name</button></div>
  <p class="s2g-invented" aria-live="polite"></p>`;

function readState(model) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  const smoothing = +state.smoothing;
  return {
    names: String(state.names), judged: String(state.judged),
    smoothing: smoothing >= SMOOTHINGS.min && smoothing <= SMOOTHINGS.max ? smoothing : DEFAULTS.smoothing,
  };
}

function pairsTable({ symbols, counts, model, steps = [] }) {
  const used = new Set(steps.map(({ before, after }) => `${before} ${after}`));
  const head = element("tr", {}, element("th", { textContent: "after ↓" }), ...symbols.map((symbol) => element("th", { scope: "col", textContent: symbol })));
  const rows = symbols.map((symbol, i) => element("tr", {}, element("th", { scope: "row", textContent: symbol }),
    ...counts[i].map((count, j) => element("td", {
      textContent: count, "--s2g-w": model[i][j].toFixed(4), title: `p = ${short(model[i][j])}`, className: used.has(`${i} ${j}`) ? "s2g-used" : "",
    }))));
  return [element("thead", {}, head), element("tbody", {}, ...rows)];
}

function factorsTable({ symbols, steps, logarithm }) {
  const titles = ["after", "comes", "counted", "probability", "", "ln p"].map((textContent) => element(textContent ? "th" : "td", { textContent }));
  const rows = steps.map(({ before, after, count, probability }) => element("tr", { className: probability ? "" : "s2g-wrong" },
    ...[symbols[before], symbols[after], count, short(probability)].map((textContent) => element("td", { textContent })),
    element("td", {}, element("span", { className: "s2g-bar", "--s2g-w": probability.toFixed(4) })),
    element("td", { textContent: fixed(Math.log(probability)) })));
  const total = element("tr", {}, ...["", "", "", short(Math.exp(logarithm)), "", fixed(logarithm)].map((textContent) => element("td", { textContent })));
  return [element("caption", { textContent: "The name, pair by pair; below, the product and the sum" }),
    element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows), element("tfoot", {}, total)];
}

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-bigrams" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (name, value) => { model.set(name, value); model.save_changes(); };

  const boxes = { names: find("text"), judged: find("judged") };
  for (const [name, box] of Object.entries(boxes)) box.oninput = () => set(name, box.value);
  const smoothing = slider("Smoothing α, added to each count:", SMOOTHINGS, (value) => set("smoothing", value));
  find("settings").append(smoothing.node);
  let result;
  const written = [];
  find("write").onclick = () => {
    written.push(write(result, Math.random) || "(an empty name)");
    find("invented").textContent = `Written: ${written.slice(-12).join(", ")}`;
  };

  const say = speaker();
  function draw() {
    const state = readState(model);
    for (const [name, box] of Object.entries(boxes)) if (box.value !== state[name]) box.value = state[name];
    smoothing.show(state.smoothing, state.smoothing.toFixed(1));
    result = compute(state);
    find("notice").textContent = result.notice;
    const [table, factors] = [find("pairs"), find("factors")];
    table.parentElement.hidden = find("legend").hidden = !result.counts;
    find("write").disabled = !result.counts;
    if (result.counts) table.replaceChildren(...pairsTable(result));
    factors.parentElement.hidden = find("summary").hidden = !result.steps;
    const summary = result.steps ? describe(result) : "";
    if (result.steps) factors.replaceChildren(...factorsTable(result));
    find("summary").textContent = summary;
    say(find("live"), summary);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
