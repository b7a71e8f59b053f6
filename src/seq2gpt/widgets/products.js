// Matrix times vector for the weights of a model file: by the SIMD kernel of kernel.wat where the browser runs WebAssembly,
// else in plain JavaScript. The kernel multiplies the whole numbers that are stored; its sums are exact.
import { kernelBytes } from "./kernel.js";

const LANES = 16; // the kernel takes so many columns at once; rows are padded with zeros
const MOST_COLUMNS = 2048; // above, its sums of 32 bits could overflow
const PAGE_BYTES = 65536;

export function productsOf(tensors) {
  const matrices = Object.entries(tensors).filter(([, tensor]) => tensor.numbers);
  if (Math.max(...matrices.map(([, { columns }]) => columns)) > MOST_COLUMNS) return new PlainProducts(matrices);
  try {
    return new SimdProducts(matrices);
  } catch { // no WebAssembly, no SIMD in it, or a page whose rules forbid it
    return new PlainProducts(matrices);
  }
}

export class PlainProducts {
  constructor(matrices) {
    this.way = "plain JavaScript";
    this.weights = Object.fromEntries(matrices.map(([name, matrix]) => [name, dequantised(matrix)]));
  }

  // y = W x. Four sums at a time keep the processor busy.
  multiply(y, name, x) {
    const weight = this.weights[name];
    const columns = x.length;
    const whole = columns - (columns % 4);
    for (let row = 0, at = 0; row < y.length; row++) {
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let column = 0; column < whole; column += 4, at += 4) {
        a += weight[at] * x[column];
        b += weight[at + 1] * x[column + 1];
        c += weight[at + 2] * x[column + 2];
        d += weight[at + 3] * x[column + 3];
      }
      for (let column = whole; column < columns; column++, at++) a += weight[at] * x[column];
      y[row] = a + b + c + d;
    }
  }
}

const dequantised = ({ numbers, scales, columns }) => {
  const weight = new Float32Array(numbers.length);
  for (let row = 0, at = 0; row < scales.length; row++) {
    for (let column = 0; column < columns; column++, at++) weight[at] = numbers[at] * scales[row];
  }
  return weight;
};

export class SimdProducts {
  constructor(matrices) {
    this.way = "WebAssembly SIMD";
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes()));
    Object.assign(this, { split: exports.split, product: exports.product });
    let end = 0; // of the memory in use
    const place = (bytes) => { const at = end; end += Math.ceil(bytes / LANES) * LANES; return at; };
    const most = (count) => Math.max(...matrices.map(([, matrix]) => count(matrix)));
    const width = most(({ columns }) => padded(columns));
    const [x, y] = [place(8 * width), place(8 * most(({ scales }) => scales.length))];
    this.halves = place(4 * width);
    this.places = Object.fromEntries(matrices.map(([name, { scales, columns }]) =>
      [name, { scales: place(4 * scales.length), weights: place(scales.length * padded(columns)), columns: padded(columns) }]));
    exports.memory.grow(Math.ceil(end / PAGE_BYTES)); // the views below come after: growing takes them away
    const { buffer } = exports.memory;
    [this.x, this.y] = [new Float64Array(buffer, x, width), new Float64Array(buffer, y, (this.halves - y) / 8)];
    for (const [name, { numbers, scales, columns }] of matrices) {
      const at = this.places[name];
      new Float32Array(buffer, at.scales, scales.length).set(scales);
      const weights = new Int8Array(buffer, at.weights, scales.length * at.columns);
      for (let row = 0; row < scales.length; row++) weights.set(numbers.subarray(row * columns, (row + 1) * columns), row * at.columns);
    }
  }

  multiply(y, name, x) {
    const { scales, weights, columns } = this.places[name];
    this.x.set(x);
    this.x.fill(0, x.length, columns);
    const unit = this.split(this.x.byteOffset, this.halves, columns);
    this.product(this.y.byteOffset, weights, scales, y.length, this.halves, columns, unit);
    y.set(y.length === this.y.length ? this.y : this.y.subarray(0, y.length));
  }
}

const padded = (columns) => Math.ceil(columns / LANES) * LANES;
