// A GPT in the browser: reads the file that seq2gpt.browser writes and predicts the next token. No page is needed.
// Names follow src/seq2gpt/gpt.py, modern.py and generation.py. Numbers have double precision; products.js multiplies.
import { productsOf } from "./products.js";

const MAGIC = "seq2gpt\n";
const PREFIX_BYTES = 12; // the magic word, then the length of the header as a 32-bit number

// ---- the file --------------------------------------------------------------------------------------

// The bytes at a url, with progress(received, total); total is 0 where the server does not say.
export async function fetchBytes(url, progress = () => {}, signal = undefined) {
  const response = await fetch(url, { signal }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Error("the model file could not be fetched: no connection, or the server is gone");
  });
  if (!response.ok) throw new Error(`the model file is missing (the server answered ${response.status}); build the site with a trained model`);
  const total = Number(response.headers.get("content-length") ?? 0);
  const chunks = [];
  let received = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read().catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Error(`the connection broke after ${received} bytes of the model file; load it again`);
    });
    if (done) break;
    chunks.push(value);
    received += value.length;
    progress(received, total);
  }
  const bytes = new Uint8Array(received);
  chunks.reduce((offset, chunk) => { bytes.set(chunk, offset); return offset + chunk.length; }, 0);
  return bytes;
}

// Config, symbols, card and tensors from an exported file; an Error says what is wrong with the file.
export function readModel(bytes) {
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  if (text(0, MAGIC.length) !== MAGIC) throw new Error("this is not a model file of seq2gpt; export it again with export_for_browser");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes.length < PREFIX_BYTES ? Infinity : PREFIX_BYTES + view.getUint32(MAGIC.length, true);
  if (bytes.length < start) throw new Error(`the model file ends inside its header, after ${bytes.length} bytes; load it again`);
  const header = parsed(text(PREFIX_BYTES, start));
  if (header.format !== 1) throw new Error(`the model file has format ${header.format}, this page reads format 1; export it again`);
  const payload = bytes.slice(start); // a copy: its first byte is aligned
  if (payload.length !== header.payload_bytes) {
    throw new Error(`the model file is incomplete: ${payload.length} of ${header.payload_bytes} bytes of weights; load it again`);
  }
  if (sha256(payload) !== header.sha256) throw new Error("the model file is damaged: its checksum does not match; load it again");
  const tensors = Object.fromEntries(header.tensors.map((entry) => [entry.name, readTensor(payload.buffer, entry)]));
  const { config, symbols, card = {} } = header;
  return { config, symbols, card, tensors, products: productsOf(tensors), nBytes: bytes.length };
}

function parsed(header) {
  try {
    return JSON.parse(header);
  } catch {
    throw new Error("the model file is damaged: its header cannot be read; load it again");
  }
}

// A vector is float32. A matrix is one float32 scale for each row, then its rows as int8.
function readTensor(buffer, { shape: [rows, columns], offset }) {
  const scales = new Float32Array(buffer, offset, rows);
  return columns === undefined ? scales : { scales, numbers: new Int8Array(buffer, offset + 4 * rows, rows * columns), columns };
}

// SHA-256 (FIPS 180-4). The browser's own is missing on pages served over plain http.
export function sha256(bytes) {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
  const constants = primes.map((p) => fraction(Math.cbrt(p)));
  const hash = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);
  const w = new Int32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + 4 * i);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15], w[i - 2]];
      w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i] = (hash[i] + value) | 0; });
  }
  return hash.map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
}

// ---- the model -------------------------------------------------------------------------------------

function add(y, x) { for (let i = 0; i < x.length; i++) y[i] += x[i]; }

// A row of a stored matrix, added to y: the embedding of a token or a place.
function addRow(y, { numbers, scales, columns }, row) {
  for (let i = 0, at = row * columns; i < columns; i++, at++) y[i] += scales[row] * numbers[at];
}

function layerNorm(y, x, gain, bias) {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + 1e-5);
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - mean) * scale * gain[i] + (bias ? bias[i] : 0);
}

function gelu(x) { // the tanh form of GPT-2, in place
  for (let i = 0; i < x.length; i++) x[i] = 0.5 * x[i] * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x[i] + 0.044715 * x[i] ** 3)));
}

function rmsNorm(y, x, gain, epsilon) {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + epsilon);
  for (let i = 0; i < x.length; i++) y[i] = x[i] * scale * gain[i];
}

export class GPT { // the layout of GPT-2
  constructor({ config, tensors, products }) {
    Object.assign(this, { config, tensors, products });
    const { d_model, d_ff, n_heads, n_layers, context_length, vocab_size } = config;
    const vector = (length) => new Float64Array(length);
    this.dHead = config.d_head ?? d_model / n_heads;
    this.nKvHeads = config.n_kv_heads ?? n_heads; // in GPT-2 every query head has keys and values of its own
    [this.width, this.kvWidth] = [n_heads * this.dHead, this.nKvHeads * this.dHead];
    [this.x, this.normed, this.mixed] = [vector(d_model), vector(d_model), vector(this.width)];
    [this.inner, this.gates, this.scores, this.logits] = [vector(d_ff), vector(d_ff), vector(context_length), vector(vocab_size)];
    const store = (width) => vector(context_length * width); // queries are kept to show later where they looked
    this.cache = Array.from({ length: n_layers }, () => ({ queries: store(this.width), keys: store(this.kvWidth), values: store(this.kvWidth) }));
    this.length = 0; // positions read so far
  }

  reset() { this.length = 0; }

  // Read one token; returns the logits of the next, in an array that the next call overwrites.
  step(id) {
    const { config: { n_layers, context_length }, tensors, products, normed, logits } = this;
    if (this.length >= context_length) throw new Error(`the context is full: context_length=${context_length}`);
    this.embed(id);
    for (let layer = 0; layer < n_layers; layer++) this.block(layer);
    this.norm("norm");
    products.multiply(logits, tensors["head.weight"] ? "head.weight" : "token_embedding.weight", normed); // tied unless the file holds a head
    this.length += 1;
    return logits;
  }

  block(layer) {
    const { x, normed, mixed, tensors, products } = this;
    const apply = (y, name, input) => {
      products.multiply(y, `blocks.${layer}.${name}.weight`, input);
      add(y, tensors[`blocks.${layer}.${name}.bias`] ?? []);
    };
    const addToX = () => add(x, normed);
    this.norm(`blocks.${layer}.norm_1`);
    this.attend(layer, apply);
    apply(normed, "attention.w_o", mixed);
    addToX();
    this.norm(`blocks.${layer}.norm_2`);
    this.feedForward(apply);
    apply(normed, "feed_forward.w_out", this.inner);
    addToX();
  }

  // One query against the keys of all positions so far; nothing later exists, so no mask is needed.
  attend(layer, apply) {
    const { config: { n_heads }, normed, mixed, length, dHead, width, kvWidth, cache: { [layer]: { queries, keys, values } } } = this;
    const query = queries.subarray(length * width, (length + 1) * width);
    const key = keys.subarray(length * kvWidth, (length + 1) * kvWidth);
    apply(query, "attention.w_q", normed);
    apply(key, "attention.w_k", normed);
    apply(values.subarray(length * kvWidth, (length + 1) * kvWidth), "attention.w_v", normed);
    this.prepare(query, `blocks.${layer}.attention.norm_q.weight`);
    this.prepare(key, `blocks.${layer}.attention.norm_k.weight`);
    mixed.fill(0);
    const weights = this.scores.subarray(0, length + 1);
    for (let head = 0; head < n_heads; head++) {
      this.weigh(weights, layer, head);
      const start = head * dHead;
      const shift = this.shift(head);
      for (let m = 0; m <= length; m++) {
        for (let i = start; i < start + dHead; i++) mixed[i] += weights[m] * values[m * kvWidth + shift + i];
      }
    }
  }

  // From a feature of a query head to the same one of the key head that it shares.
  shift(head) { return (Math.floor((head * this.nKvHeads) / this.config.n_heads) - head) * this.dHead; }

  // The weights that a head gives to as many positions as there is room for, seen from the last of them.
  weigh(weights, layer, head) {
    const { dHead, width, kvWidth, cache: { [layer]: { queries, keys } } } = this;
    const start = head * dHead;
    const from = (weights.length - 1) * width;
    const shift = this.shift(head);
    for (let m = 0; m < weights.length; m++) {
      let score = 0;
      for (let i = start; i < start + dHead; i++) score += queries[from + i] * keys[m * kvWidth + shift + i];
      weights[m] = score / Math.sqrt(dHead);
    }
    return softmaxInPlace(weights);
  }

  // Where a head of a layer looked from a position that was read: a weight for each position up to it.
  attention(layer, head, position) { return this.weigh(new Float64Array(position + 1), layer, head); }

  // The logits after a position that was read, whose token is id; it is read once more.
  logitsAt(position, id) {
    const { length } = this;
    this.length = position;
    const logits = this.step(id);
    this.length = length;
    return logits;
  }

  embed(id) {
    this.x.fill(0);
    addRow(this.x, this.tensors["token_embedding.weight"], id);
    addRow(this.x, this.tensors["positions.table"], this.length);
  }

  norm(name) { layerNorm(this.normed, this.x, this.tensors[`${name}.weight`], this.tensors[`${name}.bias`]); }

  prepare() {} // queries and keys stay as they are

  feedForward(apply) {
    apply(this.inner, "feed_forward.w_in", this.normed);
    gelu(this.inner);
  }
}

export class ModernGPT extends GPT { // the layout of src/seq2gpt/modern.py
  embed(id) {
    this.x.fill(0);
    addRow(this.x, this.tensors["token_embedding.weight"], id);
  }

  norm(name) { rmsNorm(this.normed, this.x, this.tensors[`${name}.weight`], this.config.norm_eps); }

  // Every head's features: their norm, if the model has one, then a turn by the position, pair by pair.
  prepare(vector, gainName) {
    const { config: { norm_eps, rope_base }, tensors, dHead, length } = this;
    const half = dHead / 2;
    for (let start = 0; start < vector.length; start += dHead) {
      const head = vector.subarray(start, start + dHead);
      if (tensors[gainName]) rmsNorm(head, head, tensors[gainName], norm_eps);
      for (let i = 0; i < half; i++) {
        const angle = length * rope_base ** ((-2 * i) / dHead);
        const [a, b, cosine, sine] = [head[i], head[i + half], Math.cos(angle), Math.sin(angle)];
        head[i] = a * cosine - b * sine;
        head[i + half] = b * cosine + a * sine;
      }
    }
  }

  feedForward(apply) {
    const { inner, gates, normed, config: { activation } } = this;
    apply(inner, "feed_forward.w_in", normed);
    if (activation === "relu2") {
      for (let i = 0; i < inner.length; i++) inner[i] = Math.max(0, inner[i]) ** 2;
    } else { // SwiGLU
      apply(gates, "feed_forward.w_gate", normed);
      for (let i = 0; i < inner.length; i++) inner[i] *= gates[i] / (1 + Math.exp(-gates[i]));
    }
  }
}

// The model that a file describes: only the modern layout names an activation.
export const modelOf = (file) => new (file.config.activation ? ModernGPT : GPT)(file);

function softmaxInPlace(scores) { // overwrites them
  const peak = scores.reduce((a, b) => Math.max(a, b));
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i] - peak);
  for (let i = 0; i < scores.length; i++) scores[i] /= total;
  return scores;
}

// ---- sampling --------------------------------------------------------------------------------------

// Every token with its probability after the temperature, best first (of equals the lower id), its share of the draw
// after top-k, top-p and min-p, and the name of what cut it. Temperature 0 leaves all to the best token.
export function rank(logits, { temperature = 1, topK = null, topP = null, minP = null } = {}) {
  const peak = logits.reduce((a, b) => Math.max(a, b));
  if (!Number.isFinite(peak)) throw new Error("the largest logit is nan or infinite, so no token can be drawn; check the weights");
  const divisor = temperature === 0 ? 1 : temperature;
  const probabilities = softmaxInPlace(Float64Array.from(logits, (logit) => (logit - peak) / divisor));
  const ranked = Array.from(probabilities, (probability, id) => ({ id, probability, share: 0, cut: "" }))
    .sort((a, b) => b.probability - a.probability || logits[b.id] - logits[a.id] || a.id - b.id);
  let kept = ranked;
  const keep = (size, by) => {
    for (const token of kept.slice(size)) token.cut = by;
    kept = kept.slice(0, size);
  };
  const left = () => kept.reduce((sum, token) => sum + token.probability, 0);
  if (temperature === 0) keep(1, "temperature 0");
  if (topK !== null) keep(topK, "top-k");
  if (topP !== null) { // the smallest set that reaches top-p of what top-k left
    const goal = topP * left() * (1 - 1e-12);
    let reached = 0;
    const size = kept.findIndex((token) => (reached += token.probability) >= goal);
    keep(size + 1 || kept.length, "top-p");
  }
  if (minP !== null) keep(kept.filter((token) => token.probability >= minP * kept[0].probability * (1 - 1e-12)).length, "min-p");
  const total = left();
  for (const token of kept) token.share = token.probability / total;
  return ranked;
}

export function draw(ranked, random) {
  let rest = random();
  for (const { id, share } of ranked) if ((rest -= share) < 0) return id;
  return ranked[0].id; // rounding left a last crumb
}

// mulberry32: a seed gives the same text on every machine, though not the text that PyTorch would draw.
export function randomFrom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Prompt → ids. An Error names unknown characters; an empty prompt begins after a line break.
export function encode(prompt, symbols) {
  const ids = new Map(symbols.map((symbol, id) => [symbol, id]));
  const characters = [...(prompt || (ids.has("\n") ? "\n" : symbols[0]))];
  const unknown = [...new Set(characters.filter((character) => !ids.has(character)))];
  if (unknown.length) {
    const named = unknown.map((character) => `“${character}”`).join(", ");
    throw new Error(`the model does not know ${named}: it learned ${symbols.length} characters; leave ${unknown.length > 1 ? "these" : "this one"} out`);
  }
  return characters.map((character) => ids.get(character));
}

// The room left after a prompt, as token_budget in generation.py: no position is dropped or moved.
export function tokenBudget(contextLength, nPrompt, maxNewTokens) {
  if (nPrompt > contextLength) {
    throw new Error(`the prompt has ${nPrompt} characters, the model sees ${contextLength}; shorten it by ${nPrompt - contextLength} or more`);
  }
  return Math.min(maxNewTokens, contextLength - nPrompt);
}
