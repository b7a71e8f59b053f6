// A recurrent network with two units reads a word: its states, and how far back a gradient reaches.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
// Typed letters reach the page through textContent only, never as markup.
import { drawOnChange, element, slider, speaker } from "./parts.js";

const MAX_LETTERS = 16;
const ANGLE = 0.6; // by which W_h turns a state, in radians
const LETTER_ANGLE = 2.4; // near the golden angle: the letters point in well-spread directions
const FLOOR = 1e-3; // the bars of the gradient end here
const RANGES = {
  rho: { min: 0, max: 1.6, step: 0.05 },
  drive: { min: 0, max: 2, step: 0.1 },
};
const DEFAULTS = { text: "telegram", rho: 0.9, drive: 0.8, read: -1 };

// ---- the network -----------------------------------------------------------------------------------

export const letterVector = (letter) => {
  const angle = LETTER_ANGLE * letter.codePointAt(0);
  return [Math.cos(angle), Math.sin(angle)];
};

// Rows are inputs, as in the package: a state is multiplied from the left.
export const recurrentMatrix = (rho) => [
  [rho * Math.cos(ANGLE), rho * Math.sin(ANGLE)],
  [-rho * Math.sin(ANGLE), rho * Math.cos(ANGLE)],
];

const times = (vector, matrix) => [0, 1].map((j) => vector[0] * matrix[0][j] + vector[1] * matrix[1][j]);

function largestSingularValue([[a, b], [c, d]]) {
  const squares = a * a + b * b + c * c + d * d;
  const determinant = a * d - b * c;
  return Math.sqrt((squares + Math.sqrt(Math.max(squares ** 2 - 4 * determinant ** 2, 0))) / 2);
}

// The states after each letter, and the factor by which a gradient is scaled at most on its way from the
// state after letter `read` back to the state after each letter before.
export function compute(state) {
  const { text, rho, drive, read } = { ...DEFAULTS, ...state };
  const characters = [...text];
  const letters = characters.slice(0, MAX_LETTERS);
  const notice = !letters.length ? "Type a word."
    : characters.length > MAX_LETTERS ? `Only the first ${MAX_LETTERS} of ${characters.length} letters are read.` : "";
  const matrix = recurrentMatrix(rho);
  let h = [0, 0];
  const states = letters.map((letter) => {
    const memory = times(h, matrix);
    h = letterVector(letter).map((x, i) => Math.tanh(drive * x + memory[i]));
    return h;
  });
  const last = read >= 1 && read <= letters.length ? read : letters.length;
  const factors = [];
  let product = [[1, 0], [0, 1]];
  for (let t = last - 1; t >= 0; t--) {
    factors[t] = largestSingularValue(product);
    const step = matrix.map((row) => row.map((w, j) => w * (1 - states[t][j] ** 2)));
    product = step.map((row) => times(row, product));
  }
  return { letters, states, factors, read: last, notice };
}

const number = (value) => value.toFixed(2).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const factorText = (factor) => (factor === 0 ? "0" : factor >= 0.01 && factor < 1000 ? number(factor)
  : factor.toExponential(0).replace("e", " · 10^").replace("+", "").replace("-", "−"));
const quoted = (letter) => `“${letter === " " ? "space" : letter}”`;

// One sentence that says what the bars show; it is also read aloud when something changes.
export function describe({ letters, states, factors, read }) {
  const state = `After ${read} of ${letters.length} letters the state is (${states[read - 1].map(number).join(", ")}).`;
  if (read === 1) return `${state} Read more letters to see how the first one fades.`;
  const fate = factors[0] > 1 ? "stretched up to" : "scaled by at most";
  return `${state} A change of the state after the first letter, ${quoted(letters[0])}, arrives there ${fate} ${factorText(factors[0])}.`;
}

// ---- the page --------------------------------------------------------------------------------------

// Between FLOOR and 1 on a logarithmic scale.
const height = (factor) => Math.min(Math.max(1 - Math.log10(Math.max(factor, FLOOR)) / Math.log10(FLOOR), 0), 1);

function column(letter, state, factor, isRead, isLast) {
  const bar = (value) => element("span", { className: "s2g-signed", "--s2g-v": value.toFixed(4) }, element("span"));
  const cells = [
    element("th", { scope: "col", textContent: letter === " " ? "␣" : letter }),
    element("td", {}, ...(isRead ? state.map((value) => element("div", {}, bar(value), number(value))) : ["–"])),
    element("td", {}, ...(isRead ? [element("span", {
      className: `s2g-reach${factor > 1 + 1e-9 ? " s2g-more" : ""}`, "--s2g-w": height(factor).toFixed(4),
    }, element("span")), factorText(factor)] : ["–"])),
  ];
  cells.forEach((cell) => { cell.classList.toggle("s2g-last", isLast); });
  return cells;
}

const TEMPLATE = `
  <label class="s2g-line">Word to be read, letter by letter
    <input type="text" class="s2g-text" dir="auto" spellcheck="false" autocomplete="off"></label>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <div class="s2g-shown">
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
    <div class="s2g-scroll" tabindex="0" role="region" aria-label="States and gradients"><table class="s2g-unrolled"></table></div>
  </div>`;

function readState(model) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  for (const [name, { min, max }] of Object.entries(RANGES)) {
    if (!(+state[name] >= min && +state[name] <= max)) state[name] = DEFAULTS[name];
  }
  return { ...state, text: String(state.text), read: Math.trunc(+state.read) || -1 };
}

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-recurrent" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const text = find("text");
  text.oninput = () => set({ text: text.value, read: -1 });
  const sliders = {
    rho: slider("ρ, the largest singular value of W_h:", RANGES.rho, (rho) => set({ rho })),
    drive: slider("strength of the input:", RANGES.drive, (drive) => set({ drive })),
    read: slider("letters read:", { min: 1, step: 1 }, (read) => set({ read })),
  };
  find("settings").append(...Object.values(sliders).map(({ node }) => node));
  const say = speaker();

  function drawTable({ letters, states, factors, read }) {
    const columns = letters.map((letter, t) => column(letter, states[t], factors[t], t < read, t === read - 1));
    const titles = ["letter", "state", "gradient from the end, log scale"];
    const scroll = find("scroll");
    requestAnimationFrame(() => { // the letter read last is in sight on a phone, too
      const [box, frame] = [scroll.querySelector(".s2g-last")?.getBoundingClientRect(), scroll.getBoundingClientRect()];
      if (box && box.right > frame.right) scroll.scrollLeft += box.right - frame.right;
    });
    find("unrolled").replaceChildren(...titles.map((title, row) => element("tr", {},
      element("th", { scope: "row", textContent: title }), ...columns.map((cells) => cells[row]))));
  }

  function draw() {
    const state = readState(model);
    const result = compute(state);
    if (text.value !== state.text) text.value = state.text;
    sliders.read.input.max = Math.max(result.letters.length, 1);
    for (const name of ["rho", "drive"]) sliders[name].show(state[name], (+state[name]).toFixed(2));
    sliders.read.show(result.read, `${result.read} of ${result.letters.length}`);
    find("notice").textContent = result.notice;
    find("shown").hidden = !result.letters.length;
    if (result.letters.length) {
      drawTable(result);
      find("summary").textContent = describe(result);
    }
    say(find("live"), result.letters.length ? find("summary").textContent : "");
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
