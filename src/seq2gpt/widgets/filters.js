// What each filter cuts: the distribution of a trained model's next character, and what temperature, top-k, top-p and min-p leave of it.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one. The engine is gpt.js.
import { draw, encode, modelOf, rank, readModel } from "./gpt.js";
import { drawOnChange, element, samplingSliders, speaker, stored } from "./parts.js";

const DEFAULTS = { prompt: "Return the ", temperature: 1, top_k: null, top_p: null, min_p: null };
const EXAMPLES = ["Return the ", "The function ret", "If the arg"];
const SHOWN = 14; // characters in the table
const CUTTERS = ["temperature 0", "top-k", "top-p", "min-p"];

// ---- numbers ---------------------------------------------------------------------------------------

export const unpack = ({ model }) => readModel(Uint8Array.from(atob(model), (character) => character.charCodeAt(0)));

// Every character with its probability, what cut it and its share of the draw, or a notice that says what is wrong.
export function compute(state, file) {
  const { prompt, temperature, top_k: topK, top_p: topP, min_p: minP } = { ...DEFAULTS, ...state };
  const gpt = modelOf(file);
  let logits;
  try {
    const ids = encode(prompt, file.symbols);
    if (ids.length > file.config.context_length) throw new Error(`the model sees ${file.config.context_length} characters, these are ${ids.length}; leave some out`);
    for (const id of ids) logits = gpt.step(id);
  } catch (error) {
    return { notice: `${error.message[0].toUpperCase()}${error.message.slice(1)}.` };
  }
  const ranked = rank(logits, { temperature, topK, topP, minP });
  const held = (cut) => ranked.filter((token) => token.cut === cut).reduce((sum, token) => sum + token.probability, 0);
  const count = (cut) => ranked.filter((token) => token.cut === cut).length;
  const parts = ["", ...CUTTERS].map((cut) => ({ cut, held: held(cut), count: count(cut) })).filter((part) => part.count);
  return { notice: "", ranked, parts };
}

// ---- words -----------------------------------------------------------------------------------------

const visible = (symbol) => ({ " ": "space", "\n": "line break" })[symbol] ?? symbol;

function percent(share) {
  if (share > 0 && share < 0.0005) return "under 0.1 %";
  return share < 1 && share >= 0.9995 ? "over 99.9 %" : `${(100 * share).toFixed(1)} %`;
}

const characters = (count) => (count === 1 ? "1 character" : `${count} characters`);

// One or two sentences that say what the bars show; they are also read aloud when the state changes.
export function describe({ ranked, parts }, symbols, prompt) {
  const [kept, ...cuts] = parts;
  const best = visible(symbols[ranked[0].id]);
  const gone = cuts.map(({ cut, held, count }) => `${cut} cuts ${characters(count)} with ${percent(held)}`);
  const after = `After “${prompt.replaceAll("\n", "⏎")}”, ${characters(kept.count)} of ${ranked.length} can be drawn`;
  if (!gone.length) return `${after}; nothing is cut. The most probable, “${best}”, has ${percent(ranked[0].share)}.`;
  return `${after}, which held ${percent(kept.held)} of the probability; ${gone.join(", ")}. `
    + `The most probable, “${best}”, had ${percent(ranked[0].probability)} and is drawn with ${percent(ranked[0].share)}.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <label class="s2g-line">A beginning
    <input type="text" class="s2g-text" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <div class="s2g-shown">
    <div class="s2g-mass" aria-hidden="true"></div>
    <table class="s2g-next"></table>
    <div class="s2g-row"><button type="button" class="s2g-main s2g-draw">Draw one and append it</button></div>
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  </div>`;

function readState(model) { // what is missing becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  const between = (name, least, most) => { if (!(typeof state[name] === "number" && state[name] >= least && state[name] <= most)) state[name] = DEFAULTS[name]; };
  between("temperature", 0, 2);
  between("top_p", 0.05, 1);
  between("min_p", 0, 1);
  if (!(Number.isInteger(state.top_k) && state.top_k >= 1)) state.top_k = null;
  return { ...state, prompt: String(state.prompt) };
}

function strip({ parts }) {
  return parts.map(({ cut, held }) => element("span", {
    className: cut ? "s2g-gone" : "", "--s2g-w": held.toFixed(4), textContent: held > 0.14 ? (cut || "kept") : "",
  }));
}

function table({ ranked }, symbols) {
  const rows = ranked.slice(0, SHOWN).map(({ id, probability, share, cut }) => element("tr", { className: cut ? "s2g-cut" : "" },
    element("th", { scope: "row", textContent: visible(symbols[id]) }),
    element("td", {}, element("span", { className: "s2g-bar", "--s2g-w": probability.toFixed(4) })),
    element("td", { textContent: percent(probability) }),
    element("td", { textContent: cut ? `cut: ${cut}` : percent(share) })));
  const others = ranked.slice(SHOWN);
  const sum = (name) => others.reduce((total, token) => total + token[name], 0);
  const rest = element("tr", { className: sum("share") ? "" : "s2g-cut" },
    element("th", { scope: "row", textContent: "others" }),
    element("td", {}, element("span", { className: "s2g-bar", "--s2g-w": sum("probability").toFixed(4) })),
    element("td", { textContent: percent(sum("probability")) }),
    element("td", { textContent: sum("share") ? percent(sum("share")) : "cut" }));
  const titles = ["next", "", "probability", "drawn with"].map((textContent) => element(textContent ? "th" : "td", { textContent }));
  return [element("caption", { textContent: `The ${SHOWN} most probable characters after the temperature; the other ${others.length} in one line` }),
    element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows, rest)];
}

async function render({ model, el }) {
  const file = unpack(await stored(model, "weights", "writer_model.json"));
  const root = element("div", { className: "s2g-root s2g-filters" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (name, value) => { model.set(name, value); model.save_changes(); };

  const sliders = samplingSliders(set);
  find("settings").append(...sliders.nodes);
  const text = find("text");
  text.oninput = () => set("prompt", text.value);
  find("examples").append(...EXAMPLES.map((prompt) => element("button", {
    type: "button", textContent: prompt.trim(), onclick: () => set("prompt", prompt),
  })));
  let result;
  find("draw").onclick = () => {
    const kept = [...readState(model).prompt].slice(1 - file.config.context_length).join("");
    set("prompt", kept + file.symbols[draw(result.ranked, Math.random)]);
  };

  const say = speaker();
  function show() {
    const state = readState(model);
    if (text.value !== state.prompt) text.value = state.prompt;
    sliders.show(state, file.symbols.length);
    result = compute(state, file);
    find("notice").textContent = result.notice;
    find("shown").hidden = Boolean(result.notice);
    if (result.notice) { // nothing old is left to be read aloud
      say(find("live"), "");
      return;
    }
    find("mass").replaceChildren(...strip(result));
    find("next").replaceChildren(...table(result, file.symbols));
    const summary = describe(result, file.symbols, state.prompt);
    find("summary").textContent = summary;
    say(find("live"), summary);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), show);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
