// Where a translator looks: choose a word of the translation and see its weights on the source words.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
// The weights are those of trained models; nothing is computed here but which is largest.
import { drawOnChange, element, percent, slider, speaker, stored } from "./parts.js";

const DEFAULTS = { sentence: 0, score: "", step: -1, word: 0 };

const clamp = (value, count) => Math.min(Math.max(Math.trunc(+value) || 0, 0), count - 1);

export const strongest = (row) => row.indexOf(Math.max(...row));

// Everything that the widget shows, from its state and the weights alone. A step of −1 is the last one.
export function compute(state, content) {
  const scores = Object.keys(content.maps);
  const chosen = { ...DEFAULTS, ...state };
  const sentence = clamp(chosen.sentence, content.sentences.length);
  const score = scores.includes(chosen.score) ? chosen.score : scores[0];
  const step = chosen.step < 0 ? content.steps.length - 1 : clamp(chosen.step, content.steps.length);
  const pair = content.sentences[sentence];
  const word = clamp(chosen.word, pair.target.length);
  const map = content.maps[score][step][sentence];
  const counted = pair.truth.flatMap((place, i) => (place === null ? [] : [strongest(map[i]) === place]));
  return { sentence, score, step, word, pair, map, row: map[word], place: pair.truth[word], hits: counted.filter(Boolean).length, counted: counted.length };
}

// One sentence on the chosen word; it is also read aloud when the state changes.
export function describe({ pair, row, word, place, hits, counted }) {
  const ranked = row.map((weight, j) => ({ weight, j })).sort((a, b) => b.weight - a.weight)
    .filter(({ weight }, rank) => rank === 0 || (rank < 3 && weight >= 0.05));
  const shares = ranked.map(({ weight, j }) => `${percent(weight)} on “${pair.source[j]}”`).join(", ");
  const truth = place === null ? "It translates no English word."
    : ranked[0].j === place ? "That is the word it translates."
      : `It translates “${pair.source[place]}”.`;
  return `“${pair.target[word]}” looks: ${shares}. ${truth} In this sentence ${hits} of ${counted} words look most at the word that they translate.`;
}

// ---- the page --------------------------------------------------------------------------------------

function targetNode(text, index, group, pick) {
  const input = element("input", { type: "radio", name: `${group}-word`, className: "s2g-hidden", onchange: pick });
  const node = element("label", { className: "s2g-card s2g-target", onpointerenter: ({ pointerType }) => { if (pointerType === "mouse") pick(); } },
    input, element("b", { textContent: text }));
  return { node, show: (chosen) => { input.checked = index === chosen; } };
}

function sourceNode(text) {
  const bar = element("span", { className: "s2g-bar" });
  const share = element("span", { className: "s2g-share" });
  const node = element("div", { className: "s2g-card s2g-source" }, element("b", { textContent: text }), bar, share);
  return { node, show(weight, isTrue) {
    bar.style.setProperty("--s2g-w", weight.toFixed(4));
    share.textContent = `${percent(weight)}${isTrue ? " · true word" : ""}`;
    node.classList.toggle("s2g-true", isTrue);
  } };
}

// The weights come with the state; on a page of the site they lie in a file beside this module.
async function render({ model, el }) {
  const content = await stored(model, "content", "alignments.json");
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const sentences = element("select", { className: "s2g-select", onchange: () => set({ sentence: sentences.selectedIndex, word: 0 }) },
    ...content.sentences.map(({ number, source }) => element("option", { textContent: number ?? source.join(" ") })));
  const scores = Object.keys(content.maps).map((name) => {
    const input = element("input", { type: "radio", name: `${group}-score`, value: name, onchange: () => set({ score: name }) });
    return { name, input, node: element("label", {}, input, element("span", { textContent: name })) };
  });
  const steps = slider("Steps of training", { min: 0, max: content.steps.length - 1, step: 1 }, (step) => set({ step }));
  steps.node.hidden = content.steps.length < 2;
  const settings = element("div", { className: "s2g-settings" },
    element("label", { className: "s2g-line" }, "Number", sentences),
    element("fieldset", { className: "s2g-choice" }, element("legend", { textContent: "Score" }), element("div", {}, ...scores.map(({ node }) => node))),
    steps.node);
  const source = element("div", { className: "s2g-words" });
  const target = element("div", { className: "s2g-words" });
  const summary = element("p", { className: "s2g-summary" });
  const live = element("p", { className: "s2g-hidden s2g-live", ariaLive: "polite" });
  const root = element("div", { className: "s2g-root s2g-alignment" }, settings,
    element("p", { className: "s2g-caption", textContent: "What was read, and how much of each state is taken" }), source,
    element("fieldset", { className: "s2g-targets" }, element("legend", { textContent: "What is written: point at a word, or choose it" }), target), summary, live);
  root.addEventListener("focusin", ({ target: focused }) => { focused.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys

  let [shownSentence, sourceNodes, targetNodes] = [-1, [], []];
  const say = speaker();

  function draw() {
    const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
    const found = compute(state, content);
    if (found.sentence !== shownSentence) { // only then, so that the keyboard focus survives
      shownSentence = found.sentence;
      sourceNodes = found.pair.source.map(sourceNode);
      targetNodes = found.pair.target.map((text, index) => targetNode(text, index, group, () => set({ word: index })));
      source.replaceChildren(...sourceNodes.map(({ node }) => node));
      target.replaceChildren(...targetNodes.map(({ node }) => node));
    }
    sentences.selectedIndex = found.sentence;
    scores.forEach(({ name, input }) => { input.checked = name === found.score; });
    steps.show(found.step, String(content.steps[found.step]));
    sourceNodes.forEach(({ show }, j) => show(found.row[j], j === found.place));
    targetNodes.forEach(({ show }) => show(found.word));
    summary.textContent = describe(found);
    say(live, summary.textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
