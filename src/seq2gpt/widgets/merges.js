// Byte-pair encoding, merge by merge: what is learned from a text, and a sentence in the tokens learned so far, computed as
// seq2gpt.tokens computes them. One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { drawOnChange, element, range, slider, speaker } from "./parts.js";

const DEFAULTS = {
  text: "low lower lowest\nnew newer newest\nwide wider widest\nthe lowest and the widest river is the newest of the slow rivers",
  sentence: "a lower newest river", step: 0,
};
const LONGEST = { text: 5000, sentence: 500 };
const MOST_MERGES = 200;
const BYTES = 256;
const SHOWN_PAIRS = 8;
const COLOURS = 6;
const PIECES = /'(?:[sdmt]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu; // by which GPT-2 cuts a text

// ---- the algorithm ---------------------------------------------------------------------------------

const encoder = new TextEncoder();
const pieces = (text) => (text.match(PIECES) ?? []).map((piece) => [...encoder.encode(piece)]);

// [first, second, count] of all neighbours within pieces, the most frequent first; of equals the one with the smaller ids.
export function countPairs(words) {
  const counts = new Map();
  for (const word of words) {
    for (const i of range(Math.max(0, word.length - 1))) {
      const key = word[i] * 65536 + word[i + 1];
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const rows = [...counts].map(([key, count]) => [Math.floor(key / 65536), key % 65536, count]);
  return rows.sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]);
}

export function mergePair(word, [first, second], id) {
  const merged = [];
  for (let i = 0; i < word.length; i++) {
    const found = word[i] === first && word[i + 1] === second;
    merged.push(found ? id : word[i]);
    i += found;
  }
  return merged;
}

// The state after every number of merges: the words, the pairs counted, and the merges that led there.
export function train(text, most = MOST_MERGES) {
  let words = pieces(text);
  const states = [{ words, pairs: countPairs(words), merges: [] }];
  while (states.length <= most && states.at(-1).pairs.length) {
    const { pairs: [best], merges } = states.at(-1);
    const id = BYTES + merges.length;
    words = words.map((word) => mergePair(word, best, id));
    states.push({ words, pairs: countPairs(words), merges: [...merges, best.slice(0, 2)] });
  }
  return states;
}

// The ids of each piece of a text. A merge joins ids of earlier merges only, so one pass over the merges is enough.
export const encodePieces = (text, merges) => merges.reduce((words, pair, i) => words.map((word) => mergePair(word, pair, BYTES + i)), pieces(text));

// ---- words -----------------------------------------------------------------------------------------

const bytesOf = (id, merges) => (id < BYTES ? [id] : merges[id - BYTES].flatMap((part) => bytesOf(part, merges)));
const SIGNS = { " ": "␣", "\n": "⏎", "\t": "⇥" };

// A token as a reader can see it; bytes that are no whole character are written as numbers to the base 16.
export function spelled(id, merges) {
  const bytes = bytesOf(id, merges);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return [...text].map((sign) => SIGNS[sign] ?? (/\p{C}|\p{Z}/u.test(sign) ? `U+${sign.codePointAt(0).toString(16).toUpperCase()}` : sign)).join("");
  } catch {
    return `⟨${bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ")}⟩`;
  }
}

const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);
const tokens = (count) => `${count} token${count === 1 ? "" : "s"}`;

// What the pictures show; it is also read aloud when something changes.
export function describe(states, step, sentence) {
  const { words, pairs, merges } = states[step];
  const count = words.reduce((sum, word) => sum + word.length, 0);
  const bytes = states[0].words.reduce((sum, word) => sum + word.length, 0);
  const done = `After ${step} merge${step === 1 ? "" : "s"} the text of ${bytes} bytes is ${tokens(count)}, and the vocabulary has ${BYTES + step}.`;
  const [best] = pairs;
  const next = best ? `Next: “${spelled(best[0], merges)}” and “${spelled(best[1], merges)}”, side by side ${times(best[2])}.` : "Nothing is left to merge.";
  return `${done} ${next} Your sentence of ${[...sentence].length} characters is ${tokens(encodePieces(sentence, merges).flat().length)}.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <div class="s2g-settings">
    <label class="s2g-line s2g-wide">Text to learn from<textarea class="s2g-text" rows="3"></textarea></label>
  </div>
  <p class="s2g-notice" role="alert"></p>
  <div class="s2g-settings s2g-steps">
    <button type="button" class="s2g-main s2g-next-merge">Merge the next pair</button>
  </div>
  <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  <div class="s2g-columns">
    <figure><figcaption>The text in tokens</figcaption><p class="s2g-tokens s2g-corpus" tabindex="0" role="region" aria-label="The text in tokens"></p>
      <figcaption>Merges so far</figcaption><div class="s2g-history" tabindex="0" role="region" aria-label="Merges so far"><ol class="s2g-merged"></ol></div></figure>
    <figure><table class="s2g-pairs"></table></figure>
  </div>
  <label class="s2g-line">Your sentence<input type="text" class="s2g-sentence" autocomplete="off" spellcheck="false"></label>
  <p class="s2g-tokens s2g-own"></p>`;

function readState(model) { // what is missing or out of range becomes the default
  const state = { ...DEFAULTS };
  for (const [name, longest] of Object.entries(LONGEST)) {
    const value = model.get(name);
    if (typeof value === "string" && value.length <= longest) state[name] = value;
  }
  const step = model.get("step");
  if (Number.isInteger(step) && step >= 0) state.step = step;
  return state;
}

const chip = (id, merges) => element("span", { className: `s2g-token s2g-colour-${id < BYTES ? "none" : id % COLOURS}`, textContent: spelled(id, merges), title: `id ${id}` });

function chips(words, merges) { // a line break of the text is one on the page, too
  return words.flatMap((word) => [
    element("span", { className: "s2g-piece" }, ...word.map((id) => chip(id, merges))),
    ...(word.some((id) => bytesOf(id, merges).includes(10)) ? [element("br")] : [element("wbr")]),
  ]);
}

function pairTable(pairs, merges) {
  const row = ([first, second, count], i) => element("tr", { className: i ? "" : "s2g-best" },
    element("td", {}, chip(first, merges), " + ", chip(second, merges)), element("td", { textContent: count }),
    element("td", { "--s2g-w": (count / pairs[0][2]).toFixed(4) }, element("span", { className: "s2g-bar" })));
  const heads = [["th", "pair"], ["th", "count"], ["td", ""]].map(([tag, textContent]) => element(tag, tag === "th" ? { scope: "col", textContent } : {}));
  return [element("caption", { textContent: pairs.length ? `The most frequent of ${pairs.length} pairs; the first is merged next` : "No pairs are left" }),
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...pairs.slice(0, SHOWN_PAIRS).map(row))];
}

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-merges" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(selector);
  const [text, sentence, button, notice] = [".s2g-text", ".s2g-sentence", ".s2g-next-merge", ".s2g-notice"].map(find);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const typed = (field, name, others) => () => {
    const { length } = field.value;
    notice.textContent = length > LONGEST[name] ? `That is ${length} characters; ${LONGEST[name]} are the most, so what is shown is from before.` : "";
    if (length <= LONGEST[name]) set({ [name]: field.value, ...others });
  };
  text.oninput = typed(text, "text", { step: 0 });
  sentence.oninput = typed(sentence, "sentence");
  const steps = slider("Merges:", { min: 0, step: 1 }, (step) => set({ step }));
  button.before(steps.node);
  button.onclick = () => set({ step: Math.min(+steps.input.max, +steps.input.value + 1) });
  const say = speaker();
  let [learned, states] = [null, []];

  function draw() {
    const state = readState(model);
    if (state.text !== learned) [learned, states] = [state.text, train(state.text)];
    const step = Math.min(state.step, states.length - 1);
    const { words, pairs, merges } = states[step];
    for (const [field, value] of [[text, state.text], [sentence, state.sentence]]) if (field.value !== value && document.activeElement !== field) field.value = value;
    steps.input.max = states.length - 1;
    steps.show(step, `${step} of ${states.length - 1}`);
    button.disabled = step === states.length - 1;
    find(".s2g-summary").textContent = describe(states, step, state.sentence);
    find(".s2g-corpus").replaceChildren(...chips(words, merges));
    find(".s2g-merged").replaceChildren(...merges.map(([first, second], i) => element("li", {}, chip(first, merges), " + ", chip(second, merges), " → ", chip(BYTES + i, merges), ` ${BYTES + i}`)).reverse());
    find(".s2g-pairs").replaceChildren(...pairTable(pairs, merges));
    find(".s2g-own").replaceChildren(...chips(encodePieces(state.sentence, merges), merges));
    say(find(".s2g-live"), find(".s2g-summary").textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
