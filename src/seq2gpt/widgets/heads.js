// Heads of a trained model: type a text, choose the letter that asks, see where each head looks, switch heads off.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { dot, drawOnChange, element, percent, range, softmax, speaker, stored } from "./parts.js";

const DEFAULTS = { text: "name that letter", heads: 4, off: [], query: -1 };
const EXAMPLES = ["name that letter", "abcdefghij", "banana banana", "aaaaaaaaaa"];

// ---- the model -------------------------------------------------------------------------------------

// Only letters that the model knows, and no more than it has places for.
export function readText(text, { alphabet, length }) {
  const letters = [...text.toLowerCase()];
  const known = letters.filter((letter) => alphabet.includes(letter));
  const notices = [];
  if (!known.length) notices.push("The row is empty. Type some letters from a to z, or pick an example.");
  else if (known.length < letters.length) notices.push("The model knows the letters a to z and the space; the rest was left out.");
  if (known.length > length) notices.push(`Only the first ${length} of ${known.length} letters are read: the model has no more places.`);
  return { letters: known.slice(0, length), notice: notices.join(" ") };
}

// Parameters come as whole multiples of 1 / scale; nn.Linear computes x times the transposed matrix, plus the bias.
function layers(shipped, heads) {
  const stored = shipped.models[heads];
  const scaled = (rows) => rows.map((row) => (Array.isArray(row) ? scaled(row) : row / shipped.scale));
  const linear = (name) => {
    const [weight, bias] = [scaled(stored[`${name}.weight`]), scaled(stored[`${name}.bias`])];
    return (x) => weight.map((row, i) => dot(row, x) + bias[i]);
  };
  return {
    embedding: scaled(stored["embedding.weight"]), codes: scaled(stored.codes), out: linear("heads"),
    ...Object.fromEntries(["w_q", "w_k", "w_v", "w_o"].map((name) => [name, linear(`attention.${name}`)])),
  };
}

// Everything that the widget shows, from its state and the trained parameters alone.
export function compute(state, shipped) {
  const { text, heads, off, query: chosen } = { ...DEFAULTS, ...state };
  const { letters, notice } = readText(text, shipped);
  const model = layers(shipped, heads);
  const d_model = model.codes[0].length;
  const d_head = d_model / heads;
  const ids = letters.map((letter) => shipped.alphabet.indexOf(letter));
  const x = ids.map((id, place) => model.embedding[id].map((value, i) => value + model.codes[place][i]));
  const cut = (rows, head) => rows.map((row) => row.slice(head * d_head, (head + 1) * d_head));
  const [queries, keys, values] = ["w_q", "w_k", "w_v"].map((name) => x.map(model[name]));
  const weights = range(heads).map((head) => {
    const [q, k] = [cut(queries, head), cut(keys, head)];
    return q.map((row, i) => [...softmax(k.slice(0, i + 1).map((key) => dot(row, key) / Math.sqrt(d_head))), ...range(x.length - i - 1).map(() => 0)]);
  });
  const logits = x.map((_, i) => {
    const joined = range(heads).flatMap((head) => {
      const value = cut(values, head);
      return range(d_head).map((feature) => (off.includes(head) ? 0 : dot(weights[head][i], value.map((row) => row[feature]))));
    });
    const flat = model.out(model.w_o(joined));
    return shipped.distances.map((_d, place) => flat.slice(place * shipped.alphabet.length, (place + 1) * shipped.alphabet.length));
  });
  const query = Number.isInteger(chosen) && chosen >= 0 && chosen < letters.length ? chosen : letters.length - 1;
  return { letters, notice, d_model, d_head, weights, logits, query, ...answers(logits, letters, query, shipped) };
}

// What the model names at the letter that asks, and how many letters of the whole row are right.
function answers(logits, letters, query, { alphabet, distances }) {
  const guess = (i, place) => {
    const probabilities = softmax(logits[i][place]);
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { letter: alphabet[best], probability: probabilities[best] };
  };
  const asked = distances.map((distance, place) => {
    const wanted = letters[query - distance];
    return { distance, wanted, ...(letters.length ? guess(query, place) : {}) };
  });
  const first = Math.max(...distances);
  const all = range(Math.max(letters.length - first, 0)).flatMap((i) => distances.map((distance, place) => guess(i + first, place).letter === letters[i + first - distance]));
  return { asked, right: all.filter(Boolean).length, total: all.length };
}

// ---- words -----------------------------------------------------------------------------------------

const visible = (letter) => (letter === " " ? "␣" : letter);
// One sentence that says what the pictures show; it is also read aloud when the state changes.
export function describe({ letters, query, weights, asked, right, total }, off) {
  const looks = weights.map((map, head) => {
    if (off.includes(head)) return `head ${head} is off`;
    const place = map[query].indexOf(Math.max(...map[query]));
    return `head ${head} gives ${percent(map[query][place])} to “${visible(letters[place])}”, ${query - place} back`;
  });
  const named = asked.filter(({ wanted }) => wanted !== undefined);
  const good = named.filter(({ wanted, letter }) => wanted === letter).length;
  const here = named.length ? ` Here it names ${good} of ${named.length} letters right` : " Here there are no letters to name yet";
  return `At “${visible(letters[query])}”, ${looks.join("; ")}.${here}${total ? `; in the whole row ${right} of ${total}` : ""}.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <label class="s2g-line">A row of letters, a to z and spaces
    <input type="text" class="s2g-text" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <div class="s2g-shown">
    <fieldset class="s2g-letters"><legend>Choose the letter that asks</legend><div></div></fieldset>
    <div class="s2g-heads" role="group" aria-label="Heads: on or off, and where each looks"></div>
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
    <table class="s2g-answers"></table>
  </div>`;

// The trained parameters lie in a file beside this module; in Jupyter they come with the state.
function readState(model, shipped) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  if (!(state.heads in shipped.models)) state.heads = DEFAULTS.heads;
  state.off = Array.isArray(state.off) ? state.off.filter((head) => Number.isInteger(head) && head >= 0 && head < state.heads) : [];
  return { ...state, text: String(state.text) };
}

function letterNode(letter, index, group, pick) {
  const input = element("input", { type: "radio", name: `${group}-query`, onchange: pick });
  input.setAttribute("aria-label", `${letter === " " ? "space" : letter}, place ${index + 1}`);
  return { input, node: element("label", {}, input, element("span", { textContent: visible(letter) })) };
}

// One row for each head: a switch, and a strip with a cell for each letter, darker where the weight is larger.
function headRow(head, letters, toggle) {
  const button = element("button", { type: "button", onclick: toggle });
  const cells = letters.map((letter) => element("span", { textContent: visible(letter) }));
  const strip = element("div", { className: "s2g-strip" }, ...cells);
  strip.setAttribute("role", "img");
  return { node: element("div", { className: "s2g-head" }, button, strip), show(weights, query, off) {
    button.textContent = `head ${head} ${off ? "off" : "on"}`;
    button.setAttribute("aria-pressed", String(!off));
    button.classList.toggle("s2g-main", !off);
    strip.classList.toggle("s2g-off", off);
    cells.forEach((cell, place) => {
      cell.style.setProperty("--s2g-w", weights[query][place].toFixed(4));
      cell.classList.toggle("s2g-asks", place === query);
    });
    const seen = letters.map((letter, place) => [weights[query][place], letter]).filter(([weight]) => weight >= 0.05);
    strip.setAttribute("aria-label", `Head ${head} looks at ${seen.map(([weight, letter]) => `${letter === " " ? "space" : letter} ${percent(weight)}`).join(", ")}`);
  } };
}

function answerTable({ asked, letters, query }) {
  const cell = (textContent, className = "") => element("td", { textContent, className });
  const rows = asked.map(({ distance, wanted, letter, probability }) => {
    const there = wanted !== undefined;
    const verdict = wanted === letter ? "right" : "wrong";
    return element("tr", {}, element("th", { scope: "row", textContent: `${distance} back` }),
      cell(there ? visible(wanted) : "none"), cell(there ? visible(letter) : "–"), cell(there ? percent(probability) : "–"),
      cell(there ? `${verdict === "right" ? "✓" : "✗"} ${verdict}` : "–", there ? `s2g-${verdict}` : ""));
  });
  const titles = ["asked for", "letter", "named", "sure by", "verdict"];
  return [element("caption", { textContent: `What the model names at “${visible(letters[query])}”` }),
    element("thead", {}, element("tr", {}, ...titles.map((textContent) => element("th", { scope: "col", textContent })))),
    element("tbody", {}, ...rows)];
}

function headChoice(group, numbers, pick) {
  const inputs = numbers.map((value) => element("input", { type: "radio", name: `${group}-heads`, value, onchange: () => pick(+value) }));
  const labels = inputs.map((input) => element("label", {}, input, element("span", { textContent: input.value })));
  const node = element("fieldset", { className: "s2g-choice" }, element("legend", { textContent: "Number of heads" }), element("div", {}, ...labels));
  return { node, show: (value) => inputs.forEach((input) => { input.checked = +input.value === value; }) };
}

async function render({ model, el }) {
  const shipped = await stored(model, "weights", "heads_weights.json");
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const root = element("div", { className: "s2g-root s2g-many-heads" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const text = find("text");
  text.oninput = () => set({ text: text.value, query: -1 });
  find("examples").append(...EXAMPLES.map((textContent) => element("button", {
    type: "button", textContent, onclick: () => set({ text: textContent, query: -1 }),
  })));
  const choice = headChoice(group, Object.keys(shipped.models), (heads) => set({ heads, off: [] }));
  const shapes = element("p", { className: "s2g-shapes" });
  find("settings").append(choice.node, shapes);

  let letterNodes = [];
  let headRows = [];
  let drawn = "";
  const say = speaker();

  function rebuild(letters, heads) { // only when they changed, so that the keyboard focus survives
    if (JSON.stringify([letters, heads]) === drawn) return;
    drawn = JSON.stringify([letters, heads]);
    letterNodes = letters.map((letter, index) => letterNode(letter, index, group, () => set({ query: index })));
    find("letters > div").replaceChildren(...letterNodes.map(({ node }) => node));
    headRows = range(heads).map((head) => headRow(head, letters, () => {
      const { off } = readState(model, shipped);
      set({ off: off.includes(head) ? off.filter((other) => other !== head) : [...off, head] });
    }));
    find("heads").replaceChildren(...headRows.map(({ node }) => node));
  }

  function draw() {
    const state = readState(model, shipped);
    const result = compute(state, shipped);
    const { letters, query, weights, d_model, d_head } = result;
    if (text.value !== state.text) text.value = state.text;
    choice.show(state.heads);
    const size = 4 * d_model * (d_model + 1);
    shapes.textContent = `Split: (${letters.length}, ${d_model}) → (${state.heads}, ${letters.length}, ${d_head}). The layer learns ${size.toLocaleString("en")} numbers, with any number of heads.`;
    find("notice").textContent = result.notice;
    find("shown").hidden = !letters.length;
    rebuild(letters, state.heads);
    if (letters.length) {
      letterNodes.forEach(({ input }, index) => { input.checked = index === query; });
      headRows.forEach(({ show }, head) => show(weights[head], query, state.off.includes(head)));
      find("answers").replaceChildren(...answerTable(result));
      find("summary").textContent = describe(result, state.off);
    }
    say(find("live"), letters.length ? find("summary").textContent : "");
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
