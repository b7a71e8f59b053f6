// The sinusoidal encoding: choose length, width and a position, see the matrix and which codes are alike.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { dot, drawOnChange, element, slider, speaker } from "./parts.js";

const RANGES = {
  n: { min: 2, max: 200, step: 1 },
  d: { min: 2, max: 128, step: 2 },
  position: { min: 0, max: 199, step: 1 },
};
const DEFAULTS = { n: 64, d: 32, position: 20 };
const LABELS = { n: "n, positions:", d: "d, width:", position: "position p:" };
const DISTANCES = [1, 2, 4, 16, 64]; // as many as fit beside the matrix
const POSITIVE = [47, 127, 209]; // the two colours of signed numbers, on light pages and on dark ones
const NEGATIVE = [217, 115, 26];

// ---- the codes -------------------------------------------------------------------------------------

export const encode = (n, d) => Array.from({ length: n }, (_, p) => Array.from({ length: d }, (_column, j) => {
  const angle = p / 10000 ** ((j - (j % 2)) / d);
  return j % 2 ? Math.cos(angle) : Math.sin(angle);
}));

// Everything that the widget shows. All codes have length √(d/2), so dot products over d/2 are cosines.
export function compute(state) {
  const { n, d, position: chosen } = { ...DEFAULTS, ...state };
  const codes = encode(n, d);
  const position = Math.min(chosen, n - 1);
  const similarity = codes.map((code) => dot(code, codes[position]) / (d / 2));
  return { n, d, position, codes, similarity, length: Math.sqrt(dot(codes[position], codes[position])), slowest: 2 * Math.PI * 10000 ** ((d - 2) / d) };
}

// ---- words -----------------------------------------------------------------------------------------

const number = (value) => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");

// Similarity by distance, where there is a position on either side; both sides are equally alike.
export function byDistance({ n, position, similarity }) {
  const there = (distance) => similarity[position - distance] ?? similarity[position + distance];
  return DISTANCES.filter((distance) => there(distance) !== undefined && distance < n).map((distance) => ({ distance, value: there(distance) }));
}

// One sentence that says what the pictures show; it is also read aloud when something changes.
export function describe(result) {
  const { d, position, similarity, length, slowest } = result;
  const others = similarity.filter((_, p) => p !== position);
  const alike = byDistance(result).slice(0, 3).map(({ distance, value }) => `${number(value)} at distance ${distance}`);
  const period = Math.round(slowest).toLocaleString("en");
  return `The code of position ${position} has length √(${d}/2) = ${number(length)}. Its cosine with other codes is ${alike.join(", ")}; the least is ${number(Math.min(...others))}. The slowest of ${d / 2} pairs comes round after ${period} positions.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <div class="s2g-settings"></div>
  <div class="s2g-columns">
    <figure class="s2g-matrix"><figcaption>The matrix: a row for each position, blue +1, orange −1</figcaption>
      <div><canvas role="img"></canvas><i></i></div></figure>
    <figure class="s2g-alike"><figcaption>Cosine of the code of p with every other: 1 at p itself</figcaption>
      <svg viewBox="0 0 100 60" preserveAspectRatio="none" aria-hidden="true"><line class="s2g-zero" x1="0" x2="100" y1="30" y2="30"/><line class="s2g-at" y1="0" y2="60"/><polyline/></svg>
      <table></table></figure>
  </div>
  <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>`;

function readState(model) { // what is missing or out of range becomes the default
  const state = { ...DEFAULTS };
  for (const [name, { min, max, step }] of Object.entries(RANGES)) {
    const value = model.get(name);
    if (Number.isInteger(value) && value >= min && value <= max && (value - min) % step === 0) state[name] = value;
  }
  return state;
}

function paint(canvas, { n, d, codes }) { // a pixel for each number, the stronger the larger
  [canvas.width, canvas.height] = [d, n];
  const picture = new ImageData(d, n);
  codes.flat().forEach((value, index) => {
    picture.data.set([...(value > 0 ? POSITIVE : NEGATIVE), Math.round(255 * Math.abs(value))], 4 * index);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-positions" });
  root.innerHTML = TEMPLATE; // constant markup
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(selector);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const sliders = Object.fromEntries(Object.entries(RANGES).map(([name, range]) => [name, slider(LABELS[name], range, (value) => set({ [name]: value }))]));
  find(".s2g-settings").append(...Object.values(sliders).map(({ node }) => node));
  const canvas = find("canvas");
  canvas.onpointerdown = (event) => { // a touch of a row chooses its position
    const { n } = readState(model);
    set({ position: Math.min(Math.floor(event.offsetY / canvas.clientHeight * n), n - 1) });
  };
  const say = speaker();

  function draw() {
    const result = compute(readState(model));
    const { n, d, position, similarity } = result;
    sliders.position.input.max = n - 1;
    for (const [name, { show }] of Object.entries(sliders)) show(result[name]);
    paint(canvas, result);
    canvas.setAttribute("aria-label", `${n} rows and ${d} columns of sines and cosines; columns on the left change from row to row, those on the right slowly`);
    const marker = find(".s2g-matrix i");
    marker.style.top = `${100 * position / n}%`;
    marker.style.height = `${100 / n}%`;
    const across = (p) => (n === 1 ? 0 : 100 * p / (n - 1));
    find("polyline").setAttribute("points", similarity.map((value, p) => `${across(p).toFixed(2)},${(30 - 29 * value).toFixed(2)}`).join(" "));
    for (const end of ["x1", "x2"]) find(".s2g-at").setAttribute(end, across(position).toFixed(2));
    const near = byDistance(result);
    const row = (title, tag, texts) => element("tr", {}, element("th", { scope: "row", textContent: title }), ...texts.map((textContent) => element(tag, { textContent })));
    find("table").replaceChildren(
      row("distance", "th", near.map(({ distance }) => distance)), row("cosine", "td", near.map(({ value }) => number(value))),
    );
    find(".s2g-summary").textContent = describe(result);
    say(find(".s2g-live"), find(".s2g-summary").textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
