// A trained Transformer at work, step by step: what the encoder made, what the decoder reads, which mask each attention uses.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { dot, drawOnChange, element, gelu, percent, plus, range, slider, softmax, speaker, stored } from "./parts.js";

const DEFAULTS = { text: "four hundred and twenty one", step: 2, layer: 1, head: 0, training: false };
const EXAMPLES = ["twenty one", "four hundred and twenty one", "ninety nine", "six hundred"];
const [PAD, BOS, EOS, UNK] = [0, 1, 2, 3];
const PADDING = 2; // the source stands in a batch with a longer one
const LONGEST = { source: 8, target: 12 };

// ---- the model -------------------------------------------------------------------------------------

const sum = (values) => values.reduce((a, b) => a + b, 0);
// Parameters come as whole multiples of 1 / scale; nn.Linear computes x times the transposed matrix, plus the bias.
function partsOf(shipped) {
  const scaled = (rows) => rows.map((row) => (Array.isArray(row) ? scaled(row) : row / shipped.scale));
  const get = (name) => scaled(shipped.parameters[name]);
  const linear = (name) => {
    const [weight, bias] = [get(`${name}.weight`), get(`${name}.bias`)];
    return (rows) => rows.map((x) => weight.map((row, i) => dot(row, x) + bias[i]));
  };
  const norm = (name) => {
    const [weight, bias] = [get(`${name}.weight`), get(`${name}.bias`)];
    return (rows) => rows.map((x) => {
      const mean = sum(x) / x.length;
      const deviation = Math.sqrt(sum(x.map((value) => (value - mean) ** 2)) / x.length + 1e-5);
      return x.map((value, i) => ((value - mean) / deviation) * weight[i] + bias[i]);
    });
  };
  return { get, linear, norm };
}

// What `allowed(i, j)` forbids has weight 0. Returned are the mixed results and one map of weights for each head.
function attend(model, name, x, memory, allowed) {
  const { n_heads: heads } = model.shipped;
  const [queries, keys, values] = [["w_q", x], ["w_k", memory], ["w_v", memory]].map(([w, rows]) => model.linear(`${name}.${w}`)(rows));
  const width = queries[0].length / heads;
  const cut = (row, head) => row.slice(head * width, (head + 1) * width);
  const maps = range(heads).map((head) => queries.map((query, i) => softmax(
    keys.map((key, j) => (allowed(i, j) ? dot(cut(query, head), cut(key, head)) / Math.sqrt(width) : -Infinity)))));
  const joined = x.map((_, i) => maps.flatMap((map, head) => range(width).map((feature) => sum(map[i].map((weight, j) => weight * values[j][head * width + feature])))));
  return [model.linear(`${name}.w_o`)(joined), maps];
}

function feed(model, name, x) {
  return model.linear(`${name}.w_out`)(model.linear(`${name}.w_in`)(x).map((row) => row.map(gelu)));
}

function embed(model, side, ids) {
  const matrix = model.get(`${side}_embedding.weight`);
  const d = matrix[0].length;
  return ids.map((id, place) => matrix[id].map((value, i) => {
    const angle = place / 10000 ** ((i - (i % 2)) / d);
    return value * Math.sqrt(d) + (i % 2 ? Math.cos(angle) : Math.sin(angle));
  }));
}

export function encode(model, ids) {
  let x = embed(model, "source", ids);
  const maps = range(model.shipped.n_layers).map((i) => {
    const name = `encoder_layers.${i}`;
    const hidden = model.norm(`${name}.norm_1`)(x);
    const [found, weights] = attend(model, `${name}.attention`, hidden, hidden, (_, j) => ids[j] !== PAD);
    x = plus(x, found);
    x = plus(x, feed(model, `${name}.feed_forward`, model.norm(`${name}.norm_2`)(x)));
    return weights;
  });
  return { memory: model.norm("encoder_norm")(x), maps };
}

export function decode(model, read, memory, source) {
  let x = embed(model, "target", read);
  const maps = range(model.shipped.n_layers).map((i) => {
    const name = `decoder_layers.${i}`;
    const hidden = model.norm(`${name}.norm_1`)(x);
    const [found, own] = attend(model, `${name}.attention`, hidden, hidden, (row, j) => j <= row);
    x = plus(x, found);
    const [heard, cross] = attend(model, `${name}.cross_attention`, model.norm(`${name}.norm_2`)(x), memory, (_, j) => source[j] !== PAD);
    x = plus(x, heard);
    x = plus(x, feed(model, `${name}.feed_forward`, model.norm(`${name}.norm_3`)(x)));
    return { own, cross };
  });
  const matrix = model.get("target_embedding.weight");
  return { logits: model.norm("decoder_norm")(x).map((row) => matrix.map((weights) => dot(weights, row))), maps };
}

const best = (values) => values.indexOf(Math.max(...values));

// Words that the model knows, and no more than the longest number has.
export function readText(text, { source }) {
  const words = text.toLowerCase().split(/[^a-z]+/).filter(Boolean);
  const known = words.filter((word) => source.indexOf(word) > UNK);
  const notices = [];
  if (!known.length) notices.push("There is nothing to read yet. Type a number up to 999 in words, or pick an example.");
  else if (known.length < words.length) notices.push("Words that the model has never seen were left out; it knows English number words up to 999.");
  if (known.length > LONGEST.source) notices.push(`Only the first ${LONGEST.source} of ${known.length} words are read.`);
  return { words: known.slice(0, LONGEST.source), notice: notices.join(" ") };
}

// Everything that the widget shows, from its state and the trained parameters alone.
export function compute(state, shipped) {
  const { text, step: asked, layer, head, training } = { ...DEFAULTS, ...state };
  const { words, notice } = readText(text, shipped);
  if (!words.length) return { words, notice };
  const model = { shipped, ...partsOf(shipped) };
  const source = [...words.map((word) => shipped.source.indexOf(word)), ...range(PADDING).map(() => PAD)];
  const { memory, maps: encoder } = encode(model, source);
  const written = [BOS]; // the whole translation, greedily
  while (written.length <= LONGEST.target && written.at(-1) !== EOS) {
    written.push(best(decode(model, written, memory, source).logits.at(-1)));
  }
  const last = written.length - 2; // the step that writes <eos>
  const step = Math.min(Math.max(asked, 0), last);
  const read = training ? written.slice(0, -1) : written.slice(0, step + 1);
  const { logits, maps } = decode(model, read, memory, source);
  const [row, level] = [training ? step : read.length - 1, layer - 1];
  const probabilities = softmax(logits[row]);
  const top = range(probabilities.length).sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 4)
    .map((id) => ({ word: shipped.target[id], probability: probabilities[id] }));
  const names = (ids, side) => ids.map((id) => shipped[side][id]);
  return {
    words, notice, step, last, row, training, logits, memory, top, next: shipped.target[written[step + 1]],
    source: names(source, "source"), read: names(read, "target"), right: names(written.slice(1), "target"),
    encoder: encoder[level][head], own: maps[level].own[head], cross: maps[level].cross[head],
  };
}

// ---- words -----------------------------------------------------------------------------------------

// One paragraph that says what the pictures show; it is also read aloud when the state changes.
export function describe({ source, read, row, step, top, cross, training, memory, logits, next }) {
  const width = memory[0].length;
  const real = source.filter((word) => word !== "<pad>").length;
  const place = best(cross[row]);
  const made = training
    ? `Training: all ${read.length} target positions are computed at once, each from the right words before it. Row ${row + 1} reads “${read.slice(0, row + 1).join(" ")}” and should say “${next}”.`
    : `Step ${step + 1}: the decoder reads “${read.join(" ")}”, all of it once more.`;
  return `The encoder has turned ${source.length} source positions, ${source.length - real} of them padding, into a memory of ${source.length} × ${width} numbers, once. ${made} ` +
    `Its logits are ${logits.length} × ${logits[0].length} numbers; ${training ? `row ${row + 1}` : "the last row"} gives “${top[0].word}” ${percent(top[0].probability)}. ` +
    `In the layer and head shown, cross-attention gives ${percent(cross[row][place])} to “${source[place]}”.`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <label class="s2g-line">A number up to 999, in English words
    <input type="text" class="s2g-text" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
  <div class="s2g-examples" role="group" aria-label="Examples"></div>
  <p class="s2g-notice" role="status"></p>
  <div class="s2g-settings"></div>
  <div class="s2g-shown">
    <ol class="s2g-flow"></ol>
    <table class="s2g-next"></table>
    <div class="s2g-maps"></div>
    <p class="s2g-summary"></p><p class="s2g-hidden s2g-live" aria-live="polite"></p>
  </div>`;

// The trained parameters lie in a file beside this module; in Jupyter they come with the state.
function readState(model, shipped) { // what is missing or out of range becomes the default
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  const whole = (name, low, high) => { if (!Number.isInteger(state[name]) || state[name] < low || state[name] > high) state[name] = DEFAULTS[name]; };
  whole("step", 0, LONGEST.target);
  whole("layer", 1, shipped.n_layers);
  whole("head", 0, shipped.n_heads - 1);
  return { ...state, training: state.training === true, text: String(state.text) };
}

function choice(group, name, legend, options, pick) {
  const inputs = options.map(([value]) => element("input", { type: "radio", name: `${group}-${name}`, value, onchange: () => pick(value) }));
  const labels = inputs.map((input, i) => element("label", {}, input, element("span", { textContent: options[i][1] })));
  const node = element("fieldset", { className: "s2g-choice" }, element("legend", { textContent: legend }), element("div", {}, ...labels));
  return { node, show: (value) => inputs.forEach((input) => { input.checked = input.value === String(value); }) };
}

// A table of weights in percent, queries in rows and keys in columns; what the mask hides is hatched.
function mapTable(title, rows, columns, weights, hidden, marked) {
  const head = element("tr", {}, element("td"), ...columns.map((word) => element("th", { scope: "col", textContent: word })));
  const body = rows.map((word, i) => element("tr", { className: i === marked ? "s2g-asks" : "" }, element("th", { scope: "row", textContent: word }),
    ...columns.map((_, j) => (hidden(i, j)
      ? element("td", { className: "s2g-masked", title: "hidden by the mask" }, element("span", { className: "s2g-hidden", textContent: "masked" }))
      : element("td", { "--s2g-w": weights[i][j].toFixed(4), textContent: Math.round(weights[i][j] * 100) })))));
  const table = element("table", { className: "s2g-weights" }, element("thead", {}, head), element("tbody", {}, ...body));
  const scroll = element("div", { className: "s2g-scroll", tabIndex: 0 }, table);
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", title);
  return element("div", {}, element("p", { className: "s2g-caption", textContent: title }), scroll);
}

function nextTable(top, title) {
  const rows = top.map(({ word, probability }) => element("tr", {}, element("th", { scope: "row", textContent: word }),
    element("td", { className: "s2g-wide" }, element("span", { className: "s2g-bar", "--s2g-w": probability.toFixed(4) })), element("td", { textContent: percent(probability) })));
  return [element("caption", { textContent: title }), element("tbody", {}, ...rows)];
}

function stages({ source, memory, read, logits, training, step }) {
  const width = memory[0].length;
  const item = (name, shape, words) => element("li", {}, element("b", { textContent: name }), ` ${shape} `, element("span", { textContent: words }));
  return [
    item("source ids", `(${source.length})`, source.join(" ")),
    item("memory", `(${source.length}, ${width})`, `the encoder's output, ${training ? "once for the batch" : step ? "kept from the first step" : "computed now, and kept for all steps"}`),
    item("target ids read", `(${read.length})`, read.join(" ")),
    item("decoder states", `(${read.length}, ${width})`, "after masked self-attention, cross-attention and feed-forward, layer by layer"),
    item("logits", `(${logits.length}, ${logits[0].length})`, training ? "one row for each position: one loss for each" : "the last row chooses the next word"),
  ];
}

async function render({ model, el }) {
  const shipped = await stored(model, "weights", "flow_weights.json");
  const group = `s2g-${Math.random().toString(36).slice(2)}`; // radio buttons of two widgets stay apart
  const root = element("div", { className: "s2g-root s2g-transformer" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const text = find("text");
  text.oninput = () => set({ text: text.value, step: 0 });
  find("examples").append(...EXAMPLES.map((textContent) => element("button", { type: "button", textContent, onclick: () => set({ text: textContent, step: 0 }) })));
  const mode = choice(group, "mode", "The decoder", [["false", "writes, word by word"], ["true", "is trained, all at once"]], (value) => set({ training: value === "true" }));
  const layer = choice(group, "layer", "Layer", range(shipped.n_layers).map((i) => [i + 1, `${i + 1}`]), (value) => set({ layer: value }));
  const head = choice(group, "head", "Head", range(shipped.n_heads).map((i) => [i, `${i}`]), (value) => set({ head: value }));
  const steps = slider("Step", { min: 0, step: 1 }, (step) => set({ step }));
  find("settings").append(mode.node, steps.node, layer.node, head.node);
  const say = speaker();

  function draw() {
    const state = readState(model, shipped);
    const found = compute(state, shipped);
    if (text.value !== state.text) text.value = state.text;
    mode.show(state.training);
    layer.show(state.layer);
    head.show(state.head);
    find("notice").textContent = found.notice;
    find("shown").hidden = !found.words.length;
    if (found.words.length) {
      const { source, read, row } = found;
      steps.input.max = found.last;
      steps.show(found.step, `${found.step + 1} of ${found.last + 1}`);
      find("flow").replaceChildren(...stages(found));
      find("next").replaceChildren(...nextTable(found.top, `What comes after “${read[row]}”`));
      const padding = (_, j) => source[j] === "<pad>";
      find("maps").replaceChildren(
        mapTable("Encoder, self-attention, in percent: padding is hidden, the rest sees everything", source, source, found.encoder, padding, -1),
        mapTable("Decoder, masked self-attention, in percent: the future is hidden", read, read, found.own, (i, j) => j > i, row),
        mapTable("Decoder, cross-attention, in percent: padding of the source is hidden", read, source, found.cross, padding, row));
      find("summary").textContent = describe(found);
    }
    say(find("live"), found.words.length ? find("summary").textContent : "");
  }

  const stop = drawOnChange(model, Object.keys(DEFAULTS), draw);
  el.append(root);
  return () => { say(); stop(); };
}

export { partsOf };
export default { render };
