// Sixty steps of an optimizer down a long, narrow valley: its path, its learning rate and its loss, computed as PyTorch
// computes them. One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { drawOnChange, element, range, select, slider, speaker } from "./parts.js";

const DEFAULTS = { optimizer: "adamw", schedule: "cosine", rate: -0.75, decay: 0, spike: false, clip: false };
const OPTIMIZERS = { sgd: "SGD", adam: "Adam with L2", adamw: "AdamW" };
const SCHEDULES = { constant: "constant", cosine: "warm-up and cosine", trapezoid: "warm-up, plateau, line" };
const RANGES = { rate: { min: -3, max: 1, step: 0.25 }, decay: { min: 0, max: 1, step: 0.1 } };
export const STEPS = 60;
const WARMUP = 6;
const CURVATURE = [40, 0.4]; // steep across the valley, flat along it
const LOWEST = [1, 1];
const START = [-1, -1.5];
const SPIKE = { step: 20, factor: 100 }; // one bad batch
const MAX_NORM = 1;
const [BETA_1, BETA_2, EPS] = [0.9, 0.99, 1e-8];

// ---- the run ---------------------------------------------------------------------------------------

const loss = (point) => range(2).reduce((sum, i) => sum + 0.5 * CURVATURE[i] * (point[i] - LOWEST[i]) ** 2, 0);

export function learningRate(schedule, step, lr) {
  if (schedule === "constant") return lr;
  if (step < WARMUP) return lr * (step + 1) / (WARMUP + 1);
  if (schedule === "trapezoid") return lr * Math.min(1, (STEPS - step) / (0.4 * STEPS));
  return 0.5 * lr * (1 + Math.cos(Math.PI * (step - WARMUP) / (STEPS - WARMUP)));
}

// Everything that the widget shows: the point, its loss, the rate and the gradient's length before every step.
export function compute(state) {
  const { optimizer, schedule, rate, decay, spike, clip } = { ...DEFAULTS, ...state };
  let [point, m, v] = [[...START], [0, 0], [0, 0]];
  const rows = [];
  for (const step of range(STEPS + 1)) {
    const factor = spike && step === SPIKE.step ? SPIKE.factor : 1;
    let gradient = range(2).map((i) => factor * CURVATURE[i] * (point[i] - LOWEST[i]));
    const norm = Math.hypot(...gradient);
    const lr = learningRate(schedule, step, 10 ** rate);
    rows.push({ step, point, loss: loss(point), lr, norm });
    if (clip && norm > MAX_NORM) gradient = gradient.map((g) => g * MAX_NORM / norm);
    if (optimizer !== "adamw") gradient = gradient.map((g, i) => g + decay * point[i]);
    if (optimizer === "sgd") { point = point.map((x, i) => x - lr * gradient[i]); continue; }
    m = m.map((value, i) => BETA_1 * value + (1 - BETA_1) * gradient[i]);
    v = v.map((value, i) => BETA_2 * value + (1 - BETA_2) * gradient[i] ** 2);
    const [first, second] = [1 - BETA_1 ** (step + 1), 1 - BETA_2 ** (step + 1)];
    point = point.map((x, i) => (optimizer === "adamw" ? x * (1 - lr * decay) : x) - lr * (m[i] / first) / (Math.sqrt(v[i] / second) + EPS));
  }
  return rows;
}

// ---- words -----------------------------------------------------------------------------------------

export function number(value) {
  if (!Number.isFinite(value)) return "beyond all numbers";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100000)) return value.toExponential(1).replace("e+", "e").replaceAll("-", "−");
  return value.toPrecision(3).replace("-", "−");
}

// One sentence that says what the pictures show; it is also read aloud when something changes.
export function describe(rows, state) {
  const { optimizer, schedule, rate, decay, spike, clip } = { ...DEFAULTS, ...state };
  const [first, last] = [rows[0].loss, rows.at(-1).loss];
  const outcome = !(last < 100 * first) ? "It has exploded" : last > first ? "It has moved away from the lowest point"
    : Math.hypot(...rows.at(-1).point.map((value) => value - 1)) < 0.3 ? "It is close to the lowest point" : "It is still on its way";
  const extras = [decay > 0 && `decay ${decay.toFixed(1)}`, spike && `a bad batch at step ${SPIKE.step}`, clip && `clipping at ${MAX_NORM}`].filter(Boolean);
  const [x, y] = rows.at(-1).point.map(number);
  return `${OPTIMIZERS[optimizer]}, rate ${number(10 ** rate)} ${SCHEDULES[schedule]}${extras.map((text) => `, ${text}`).join("")}: the loss goes from ${number(first)} to ${number(last)}. ${outcome}: it ends at (${x}, ${y}); the lowest point is (1, 1).`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <div class="s2g-settings"></div>
  <div class="s2g-columns">
    <figure><figcaption>The path through the valley; the ring is the lowest point</figcaption>
      <svg class="s2g-valley" viewBox="0 0 100 100" aria-hidden="true"></svg></figure>
    <figure><figcaption>Loss of every step, on a logarithmic scale (line), and the learning rate (dashes)</figcaption>
      <div class="s2g-plot" aria-hidden="true"><svg class="s2g-losses" viewBox="0 0 100 100" preserveAspectRatio="none"></svg>
        <span>10⁴</span><span>10⁻⁶</span></div><p class="s2g-ends" aria-hidden="true"><span>step 0</span><span>step ${STEPS}</span></p></figure>
  </div>
  <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  <div class="s2g-scroll" tabindex="0" role="region" aria-label="Some of the steps"><table class="s2g-steps"></table></div>`;

function readState(model) { // what is missing or out of range becomes the default
  const state = { ...DEFAULTS };
  const known = { optimizer: OPTIMIZERS, schedule: SCHEDULES };
  for (const name of Object.keys(DEFAULTS)) {
    const value = model.get(name);
    const fits = name in known ? value in known[name] : name in RANGES
      ? typeof value === "number" && value >= RANGES[name].min && value <= RANGES[name].max : typeof value === "boolean";
    if (fits) state[name] = value;
  }
  return state;
}

function shape(tag, properties) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  return node;
}

// From −2 … 2 in both directions to the picture; what leaves it is drawn at the edge.
const place = (value) => 50 + 24 * Math.min(Math.max(Number.isNaN(value) ? 9 : value, -2.05), 2.05);

function valley(rows) {
  const [cx, cy] = [place(LOWEST[0]), 100 - place(LOWEST[1])];
  const heights = [0.05, 0.4, 1.5, 4, 10, 25].map((height) => shape("ellipse", {
    cx, cy, rx: 24 * Math.sqrt(2 * height / CURVATURE[0]), ry: 24 * Math.sqrt(2 * height / CURVATURE[1]), class: "s2g-height",
  }));
  const points = rows.map(({ point: [x, y] }) => [place(x), 100 - place(y)]);
  return [...heights, shape("polyline", { points: points.map((p) => p.join(",")).join(" "), class: "s2g-path" }),
    ...points.map(([x, y]) => shape("circle", { cx: x, cy: y, r: 1, class: "s2g-dot" })),
    shape("circle", { cx, cy, r: 3, class: "s2g-goal" }),
    Object.assign(shape("text", { x: points[0][0] - 2.5, y: points[0][1] + 1.5, class: "s2g-start" }), { textContent: "start" })];
}

function curves(rows) {
  const [low, high] = [-6, 4];
  const across = ({ step }) => 100 * step / STEPS;
  const up = (value) => 98 - 96 * (Math.min(Math.max(Math.log10(Math.max(value, 1e-9)) || high, low), high) - low) / (high - low);
  const most = Math.max(...rows.map(({ lr }) => lr));
  const draw = (height, name) => shape("polyline", { points: rows.map((row) => `${across(row)},${height(row)}`).join(" "), class: name });
  return [draw((row) => up(row.loss), "s2g-path"), draw((row) => 98 - 90 * row.lr / most, "s2g-rate")];
}

function tick(label, set) {
  const input = element("input", { type: "checkbox", onchange: () => set(input.checked) });
  return { node: element("label", { className: "s2g-tick" }, input, " ", label), show: (value) => { input.checked = value; } };
}

async function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-optimizer" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (name) => (value) => { model.set(name, value); model.save_changes(); };
  const controls = {
    optimizer: select("Optimizer", OPTIMIZERS, set("optimizer")),
    schedule: select("Learning rate", SCHEDULES, set("schedule")),
    rate: slider("rate:", RANGES.rate, set("rate")),
    decay: slider("decay:", RANGES.decay, set("decay")),
    spike: tick(`a bad batch: at step ${SPIKE.step} the gradient is ${SPIKE.factor} times as long`, set("spike")),
    clip: tick(`clip gradients at norm ${MAX_NORM}`, set("clip")),
  };
  find("settings").append(...Object.values(controls).map(({ node }) => node));
  const say = speaker();

  function draw() {
    const state = readState(model);
    const rows = compute(state);
    for (const name of ["optimizer", "schedule", "spike", "clip"]) controls[name].show(state[name]);
    controls.rate.show(state.rate, number(10 ** state.rate));
    controls.decay.show(state.decay, state.decay.toFixed(1));
    find("valley").replaceChildren(...valley(rows));
    find("losses").replaceChildren(...curves(rows));
    find("summary").textContent = describe(rows, state);
    const cells = ({ step, lr, norm, point, loss: height }) => [lr, norm, ...point, height].map((value) => element("td", { textContent: number(value) }));
    find("steps").replaceChildren(
      element("thead", {}, element("tr", {}, ...["step", "rate", "gradient's norm", "θ₁", "θ₂", "loss"].map((textContent) => element("th", { scope: "col", textContent })))),
      element("tbody", {}, ...[0, 1, 2, 5, 10, 20, 21, 40, 60].map((step) => element("tr", {}, element("th", { scope: "row", textContent: step }), ...cells(rows[step])))));
    say(find("live"), find("summary").textContent);
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
