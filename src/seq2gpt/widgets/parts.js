// What several widgets use. The site imports it; for Jupyter, which takes one file, bundling.py puts it in.

export const range = (count) => Array.from({ length: count }, (_, index) => index);

export const dot = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);

export const plus = (a, b) => a.map((row, i) => row.map((value, j) => value + b[i][j]));

export const gelu = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export function softmax(scores) { // masked scores are −∞; a row of nothing but −∞ gets weights 0
  const peak = Math.max(...scores);
  if (peak === -Infinity) return scores.map(() => 0);
  const powers = scores.map((score) => Math.exp(score - peak));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

export const percent = (share) => `${Math.round(share * 100)} %`;

// A node with properties, custom style properties (--name) and children.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("--")) node.style.setProperty(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

// The numbers of a widget: those that the kernel sent, else the file beside this one.
export async function stored(model, trait, file) {
  if (model.get(trait)) return model.get(trait);
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`its numbers, ${file}, are missing`);
  return response.json();
}

// Whole numbers of 16 bits and one scale, in little-endian order whatever the machine.
export function unpack({ shape, scale, int16 }) {
  const bytes = Uint8Array.from(atob(int16), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const values = range(bytes.length / 2).map((i) => view.getInt16(2 * i, true) * scale);
  if (shape.length === 1) return values;
  return range(shape[0]).map((row) => values.slice(row * shape[1], (row + 1) * shape[1]));
}

// A slider with its value beside its name; pick(value) is called, show(value, text) reads the model, for the eye and aloud.
export function slider(label, limits, pick) {
  const input = element("input", { type: "range", ...limits, oninput: () => pick(+input.value) });
  const reading = element("b", { ariaHidden: "true" }); // an output element would take the label
  const node = element("label", { className: "s2g-slider" }, element("span", {}, `${label} `, reading), input);
  const show = (value, text = String(value)) => {
    input.value = value;
    reading.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  return { node, input, show };
}

// The sliders of temperature, top-k, top-p and min-p; change(name, value) tells the model, show(state, count) reads it. null is off.
export function samplingSliders(change) {
  const sampling = (name, title, span, off, meaning) => ({ name, off, meaning, ...slider(title, span, (value) => change(name, value === off() ? null : value)) });
  const two = (value) => value.toFixed(2);
  const topK = sampling("top_k", "Top-k", { min: 1, step: 1 }, () => +topK.input.max, String);
  const sliders = [
    sampling("temperature", "Temperature", { min: 0, max: 2, step: 0.05 }, () => null, (value) => (value === 0 ? "0, greedy" : two(value))),
    topK,
    sampling("top_p", "Top-p", { min: 0.05, max: 1, step: 0.05 }, () => 1, two),
    sampling("min_p", "Min-p", { min: 0, max: 1, step: 0.05 }, () => 0, two),
  ];
  const show = (state, count) => {
    topK.input.max = count;
    for (const { name, off, meaning, show: display } of sliders) display(state[name] ?? off(), state[name] === null ? "all" : meaning(state[name]));
  };
  return { nodes: sliders.map(({ node }) => node), show };
}

// say(region, text) has a text read aloud after a pause, or a moving slider would never stop talking; say() takes back what waits.
export function speaker() {
  let waiting;
  return (region, text) => {
    clearTimeout(waiting);
    if (region) waiting = setTimeout(() => { region.textContent = text; }, 500);
  };
}

// Call draw now, and whenever the model changes one of the names; what is returned ends that.
export function drawOnChange(model, names, draw, first = draw) {
  names.forEach((name) => model.on(`change:${name}`, draw));
  first();
  return () => names.forEach((name) => model.off(`change:${name}`, draw));
}

// A labelled choice among options, { value: words }; pick(value) is called, show(value) reads the model.
export function select(label, options, pick) {
  const input = element("select", { onchange: () => pick(input.value) },
    ...Object.entries(options).map(([value, textContent]) => element("option", { value, textContent })));
  return { node: element("label", { className: "s2g-field" }, element("span", { textContent: label }), input), show: (value) => { input.value = value; } };
}
