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
