// One forward pass of a tiny trained GPT, tensor by tensor: layers stacked in space, and for every cell how it was computed.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one.
import { dot, drawOnChange, element, gelu, percent, range, slider, softmax, speaker, stored, unpack } from "./parts.js";

const DEFAULTS = { text: "dabe", written: 2, step: 6, row: 4, column: 0 };
const EPS = 1e-5;
const TURN = { min: -60, max: 60, step: 5 };

// ---- the model: every tensor with its values and, for each cell, the numbers that made it -----------------------------

const readShipped = (shipped) => Object.fromEntries(Object.entries(shipped.weights).map(([name, entry]) => [name, unpack(entry)]));
const numbered = (letter, count) => range(count).map((i) => `${letter}${i}`);

// A list of tensors in the order in which they are computed. `explain(row, column)` gives words, a list of terms and
// the value that they make; a term's factors are numbers, or cells of earlier tensors: [tensor, row, column].
class Pass {
  constructor(shipped, tokens) {
    this.weights = readShipped(shipped);
    Object.assign(this, { shipped, tokens, ids: tokens.map((token) => shipped.symbols.indexOf(token)), tensors: [] });
    this.place = { floor: 0, lane: 0 };
  }

  at([tensor, row, column]) { return this.tensors[tensor].values[row][column]; }

  add(title, what, columns, explain, rows = this.tokens) {
    const index = this.tensors.length;
    const values = rows.map((_, row) => columns.map((_, column) => explain(row, column).value));
    this.tensors.push({ index, title, what, rows, columns, values, explain, ...this.place });
    return index;
  }

  floor(name) { this.place = { floor: this.place.floor + (this.tensors.length ? 1 : 0), lane: 0, part: name }; }

  lane() { this.place = { ...this.place, lane: this.place.lane + 1 }; }

  features(tensor) { return this.tensors[tensor].columns.length; }

  // Products and what is added to their sum.
  products(words, cells, factors, names, bias) {
    const terms = cells.map((cell, i) => ({ name: names[i], cells: [cell], factors: [this.at(cell), factors[i]], value: this.at(cell) * factors[i] }));
    const sum = terms.reduce((total, term) => total + term.value, 0);
    return { words, terms, after: bias === undefined ? [] : [["bias", bias]], value: sum + (bias ?? 0) };
  }

  linear(title, what, input, name, letter) {
    const [weight, bias] = [this.weights[`${name}.weight`], this.weights[`${name}.bias`]];
    return this.add(title, what, numbered(letter, weight.length), (row, column) => this.products(
      `The row of “${this.tensors[input].title}”, times row ${column} of the matrix ${name.split(".").at(-1)}, number by number; the products are added, and the bias.`,
      range(weight[column].length).map((j) => [input, row, j]), weight[column], this.tensors[input].columns, bias[column]));
  }

  sum(title, what, a, b) {
    return this.add(title, what, numbered("h", this.features(a)), (row, column) => {
      const terms = [a, b].map((tensor) => ({ name: this.tensors[tensor].title, cells: [[tensor, row, column]], factors: [], value: this.at([tensor, row, column]) }));
      return { words: "Two numbers at the same place are added.", terms, after: [], value: terms[0].value + terms[1].value };
    });
  }

  norm(title, input, name) {
    const [gain, bias] = [this.weights[`${name}.weight`], this.weights[`${name}.bias`]];
    return this.add(title, "Each position's numbers, shifted and stretched to mean 0 and variance 1, then times a learned gain, plus a learned bias.", numbered("n", gain.length), (row, column) => {
      const x = range(gain.length).map((j) => this.at([input, row, j]));
      const mean = x.reduce((total, value) => total + value, 0) / x.length;
      const spread = Math.sqrt(x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length + EPS);
      return {
        words: `(x − mean) / spread · gain + bias, with the mean and the spread of the whole row.`,
        terms: [{ name: "x", cells: [[input, row, column]], factors: [], value: x[column] }],
        after: [["mean of the row", mean], ["spread of the row", spread], ["gain", gain[column]], ["bias", bias[column]]],
        value: ((x[column] - mean) / spread) * gain[column] + bias[column],
      };
    });
  }

  attend(name, input) {
    const [q, k, v] = [["queries", "w_q", "what each position looks for"], ["keys", "w_k", "what it can be found by"], ["values", "w_v", "what it hands over"]]
      .map(([title, matrix, what]) => this.linear(title, `The normed state times one matrix: ${what}. The first half of the features is head 0, the second head 1.`, input, `${name}.${matrix}`, title[0]));
    const width = this.features(q) / this.shipped.n_heads;
    this.lane();
    const heads = range(this.shipped.n_heads).map((head) => {
      const features = range(width).map((j) => head * width + j);
      const scores = this.add(`scores, head ${head}`, "How well each position's query (row) fits each key (column). Later positions are hidden.", this.tokens, (row, column) => {
        if (column > row) return { words: "This position comes later. The causal mask hides it: its score counts as −∞.", terms: [], after: [], value: -Infinity };
        const terms = features.map((j) => ({ name: `q${j} · k${j}`, cells: [[q, row, j], [k, column, j]], factors: [], value: this.at([q, row, j]) * this.at([k, column, j]) }));
        return {
          words: `Query of “${this.tokens[row]}” (row ${row}) times key of “${this.tokens[column]}” (row ${column}), feature by feature of head ${head}; the sum is divided by √${width}.`,
          terms, after: [["√d_head", Math.sqrt(width)]], value: terms.reduce((total, term) => total + term.value, 0) / Math.sqrt(width),
        };
      });
      return { head, features, scores };
    });
    for (const part of heads) {
      part.weights = this.add(`weights, head ${part.head}`, "Softmax over each row of scores: shares that add up to 1.", this.tokens, (row, column) => this.share(part.scores, row, column, row + 1));
    }
    this.lane();
    const mixed = this.add("heads, side by side", "The values, mixed by the weights. Head 0 made the first half of the features, head 1 the second.", numbered("a", this.features(v)), (row, column) => {
      const part = heads[Math.floor(column / width)];
      const terms = range(row + 1).map((j) => ({ name: `“${this.tokens[j]}” at ${j}`, cells: [[part.weights, row, j], [v, j, column]], factors: [], value: this.at([part.weights, row, j]) * this.at([v, j, column]) }));
      return { words: `Each visible position's weight in head ${part.head}, times its value's feature ${column}; the products are added.`, terms, after: [], value: terms.reduce((total, term) => total + term.value, 0) };
    });
    return this.linear("attention's output", "What the heads found, mixed by W^O.", mixed, `${name}.w_o`, "o");
  }

  share(scores, row, column, visible) { // softmax over the first `visible` scores of a row
    if (column >= visible) return { words: "Hidden by the mask: its share is 0.", terms: [], after: [], value: 0 };
    const cells = range(visible).map((j) => [scores, row, j]);
    const peak = Math.max(...cells.map((cell) => this.at(cell)));
    const terms = cells.map((cell, j) => ({ name: `${this.tensors[scores].columns[j]}`, cells: [cell], factors: [], value: Math.exp(this.at(cell) - peak), power: true }));
    const total = terms.reduce((sum, term) => sum + term.value, 0);
    return { words: "e to the power of each score (less the row's largest, which changes no share); this one's part of the sum.", terms, after: [["sum", total]], value: terms[column].value / total };
  }

  run() {
    const { weights, ids, shipped } = this;
    const table = weights["token_embedding.weight"];
    this.floor("embedding");
    const tokens = this.add("token embeddings", "A row of a learned table for each token: the same token, the same row.", numbered("e", table[0].length), (row, column) => ({
      words: `Looked up: row ${ids[row]} of the embedding matrix, the row of “${this.tokens[row]}”, number ${column}.`, terms: [], after: [], value: table[ids[row]][column],
    }));
    const places = this.add("positions", "A row of a second learned table for each place, whatever stands there.", numbered("p", table[0].length), (row, column) => ({
      words: `Looked up: row ${row} of the table of positions, number ${column}.`, terms: [], after: [], value: weights["positions.table"][row][column],
    }));
    let x = this.sum("start", "What and where, in one vector for each position. This is the beginning of the residual path.", tokens, places);
    for (const layer of range(shipped.n_layers)) {
      const block = `blocks.${layer}`;
      this.floor(`block ${layer}, attention`);
      const attended = this.attend(`${block}.attention`, this.norm("norm before attention", x, `${block}.norm_1`));
      x = this.sum("after attention", "The residual path goes on: what it carried, plus what attention found.", x, attended);
      this.floor(`block ${layer}, feed-forward`);
      const inner = this.linear("inner numbers", "Each position on its own: twice as many numbers as its state has.", this.norm("norm before feed-forward", x, `${block}.norm_2`), `${block}.feed_forward.w_in`, "u");
      this.lane();
      const bent = this.add("after GELU", "What makes it more than one matrix: small and negative numbers are damped.", numbered("g", this.features(inner)), (row, column) => ({
        words: "GELU, in GPT-2's form: 0.5 · u · (1 + tanh(√(2/π) · (u + 0.044715 · u³))).",
        terms: [{ name: "u", cells: [[inner, row, column]], factors: [], value: this.at([inner, row, column]) }], after: [], value: gelu(this.at([inner, row, column])),
      }));
      const fed = this.linear("feed-forward's output", "Back to the width of the state.", bent, `${block}.feed_forward.w_out`, "f");
      x = this.sum("after feed-forward", "The residual path again: what it carried, plus what this layer made of it.", x, fed);
    }
    this.floor("head");
    const last = this.norm("last norm", x, "norm");
    const symbols = [...shipped.symbols];
    const logits = this.add("logits", "One score for each symbol. The head has no matrix of its own: it uses the embedding's.", symbols, (row, column) => this.products(
      `The last state of this position, times the embedding of “${symbols[column]}”, number by number: the tied matrix.`,
      range(table[0].length).map((j) => [last, row, j]), table[column], this.tensors[last].columns));
    this.add("probabilities", "Softmax of each row: what the model believes of the token that comes next, at every position.", symbols, (row, column) => this.share(logits, row, column, symbols.length));
    return this;
  }
}

// What the text becomes with `written` letters of the answer, each the model's most probable one.
export function compute(state, shipped) {
  const { text, written } = { ...DEFAULTS, ...state };
  let tokens = [...text, "="];
  for (let i = 0; ; i += 1) {
    const pass = new Pass(shipped, tokens).run();
    const odds = pass.tensors.at(-1).values.at(-1);
    const next = shipped.symbols[odds.indexOf(Math.max(...odds))];
    if (i === written) return { tokens, tensors: pass.tensors, at: (cell) => pass.at(cell), next, odds: Math.max(...odds) };
    tokens = [...tokens, next];
  }
}

// ---- words -----------------------------------------------------------------------------------------

export function number(value) {
  if (value === -Infinity) return "−∞";
  if (value === 0) return "0";
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) < 0.0995 ? 3 : 2;
  return value.toFixed(digits).replace("-", "−");
}

export function describe({ tensors, tokens }, { step, row, column }) {
  const { title, part, rows, columns, values, explain } = tensors[step];
  const { words, terms } = explain(row, column);
  const made = terms.length > 1 ? ` ${terms.length} terms.` : "";
  return `Tensor ${step + 1} of ${tensors.length}, ${part}: ${title}, ${rows.length} by ${columns.length}. Position ${row}, “${tokens[row]}”, column ${columns[column]}: ${number(values[row][column])}. ${words}${made}`;
}

// ---- the page --------------------------------------------------------------------------------------

const TEMPLATE = `
  <div class="s2g-settings">
    <label class="s2g-line">Four letters from a to e
      <input type="text" class="s2g-text" maxlength="4" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
    <div class="s2g-row"><button type="button" class="s2g-write"></button><button type="button" class="s2g-clear">Start again</button></div>
  </div>
  <p class="s2g-notice" role="status"></p>
  <p class="s2g-reads"></p>
  <div class="s2g-walk">
    <div class="s2g-space" role="group" aria-label="All tensors, stacked in space; the numbers stand in the table"><div class="s2g-stack"></div><p>The text enters at the bottom; the odds of the next token come out at the top.</p></div>
    <div class="s2g-closer">
      <div class="s2g-row"><button type="button" class="s2g-back">◀ Before</button><button type="button" class="s2g-forth">Next ▶</button><span class="s2g-count"></span></div>
      <p class="s2g-title"></p>
      <p class="s2g-what"></p>
      <div class="s2g-scroll"><table class="s2g-weights s2g-grid" role="grid"></table></div>
      <p class="s2g-cell"></p>
      <p class="s2g-how"></p>
      <div class="s2g-scroll s2g-terms"><table></table></div>
    </div>
  </div>
  <p class="s2g-hidden s2g-live" aria-live="polite"></p>`;

const CELL = 5; // pixels of a cell in space
const POSITIVE = [15, 140, 150];
const NEGATIVE = [217, 115, 26]; // over light and dark paper alike, as strong as the number is large

function paint(canvas, { values, rows, columns }, largest) {
  canvas.width = columns.length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns.length, rows.length);
  values.flat().forEach((value, i) => {
    const share = value === -Infinity ? 0 : Math.min(Math.abs(value) / largest, 1);
    image.data.set([...(value < 0 ? NEGATIVE : POSITIVE), 32 + 223 * share], 4 * i);
  });
  context.putImageData(image, 0, 0);
}

const largestOf = ({ values }) => Math.max(1e-9, ...values.flat().filter(Number.isFinite).map(Math.abs));

// The numbers of the state in their ranges; the text is kept as it was typed.
function readState(model, count) {
  const state = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name) ?? DEFAULTS[name]]));
  state.written = Math.min(Math.max(Math.trunc(+state.written) || 0, 0), 3);
  state.step = Math.min(Math.max(Math.trunc(+state.step) || 0, 0), count - 1);
  return { ...state, text: String(state.text).toLowerCase() };
}

const within = (value, length) => Math.min(Math.max(Math.trunc(+value) || 0, 0), length - 1);

async function render({ model, el }) {
  const shipped = await stored(model, "weights", "walkthrough_model.json");
  const letters = shipped.symbols.slice(0, -1);
  const count = compute(DEFAULTS, shipped).tensors.length;
  const root = element("div", { className: "s2g-root s2g-walkthrough" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(`.s2g-${selector}`);
  const set = (changes) => { Object.entries(changes).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const go = ([step, row, column]) => set({ step, row, column });
  let result;
  let computed = "";
  const say = speaker();
  let canvases = [];

  const input = find("text");
  input.oninput = () => set({ text: input.value, written: 0 });
  find("write").onclick = () => set({ written: readState(model, count).written + 1 });
  find("clear").onclick = () => set({ written: 0 });
  find("back").onclick = () => set({ step: readState(model, count).step - 1 });
  find("forth").onclick = () => set({ step: readState(model, count).step + 1 });
  const turn = slider("turn:", TURN, (degrees) => turnTo(degrees));
  const turnTo = (degrees) => {
    find("space").style.setProperty("--s2g-turn", `${degrees}deg`);
    turn.show(degrees, `${String(degrees).replace("-", "−")}°`);
  };
  find("settings").append(turn.node);
  turnTo(-30);

  // The stack: a floor for each part, lanes on it, a canvas for each tensor.
  function build() {
    const floors = [];
    canvases = result.tensors.map((tensor) => {
      const canvas = element("canvas", { title: `${tensor.part}: ${tensor.title}` });
      canvas.style.width = `${CELL * tensor.columns.length}px`;
      canvas.style.height = `${CELL * tensor.rows.length}px`;
      paint(canvas, tensor, largestOf(tensor));
      canvas.onclick = ({ offsetX, offsetY }) => go([tensor.index, within(offsetY / CELL, tensor.rows.length), within(offsetX / CELL, tensor.columns.length)]);
      const floor = floors[tensor.floor] ??= { part: tensor.part, lanes: [] };
      (floor.lanes[tensor.lane] ??= []).push(canvas);
      return canvas;
    });
    find("stack").replaceChildren(...floors.map(({ part, lanes }, index) => element("div", { className: "s2g-floor", "--s2g-floor": index },
      element("span", { textContent: part }), ...lanes.map((lane) => element("div", {}, ...lane)))));
  }

  function grid({ rows, columns, values }, row, column, largest) {
    const head = element("tr", {}, element("td"), ...columns.map((name) => element("th", { scope: "col", textContent: name })));
    const body = rows.map((token, i) => element("tr", {}, element("th", { scope: "row", textContent: `${i} ${token}` }), ...columns.map((_, j) => {
      const value = values[i][j];
      const hidden = value === -Infinity;
      const cell = element("td", {
        textContent: number(value), tabIndex: i === row && j === column ? 0 : -1, className: [value < 0 && !hidden ? "s2g-negative" : "", hidden ? "s2g-masked" : "", i === row && j === column ? "s2g-asks" : ""].join(" ").trim(),
        "--s2g-w": hidden ? 0 : Math.min(Math.abs(value) / largest, 1).toFixed(3), onclick: () => { set({ row: i, column: j }); focusCell(); },
      });
      cell.setAttribute("aria-selected", String(i === row && j === column));
      return cell;
    })));
    const table = find("grid");
    const focused = table.contains(document.activeElement);
    table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...body));
    table.setAttribute("aria-label", find("title").textContent);
    if (focused) focusCell();
  }

  const focusCell = () => find("grid").querySelector("[tabindex='0']")?.focus({ preventScroll: true });

  find("grid").onkeydown = (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    const state = readState(model, count);
    const { rows, columns } = result.tensors[state.step];
    const [down, right] = moves[event.key];
    set({ row: within(within(state.row, rows.length) + down, rows.length), column: within(within(state.column, columns.length) + right, columns.length) });
    focusCell();
  };

  // The terms of a sum, each number that is a cell itself as a button that leads to it.
  function terms({ terms: list, after, value }) {
    const link = (cell) => {
      const { title, part } = result.tensors[cell[0]];
      const button = element("button", { type: "button", textContent: number(result.at(cell)), title: `${part}: ${title}`, onclick: () => { go(cell); queueMicrotask(focusCell); } }); // the button itself goes
      button.setAttribute("aria-label", `${number(result.at(cell))}, from ${title}, position ${cell[1]}, column ${result.tensors[cell[0]].columns[cell[2]]}`);
      return button;
    };
    const line = (name, middle, end) => element("tr", {}, element("th", { scope: "row", textContent: name }), element("td", {}, ...middle), element("td", { textContent: end }));
    const rows = list.map((term) => {
      const numbers = [...term.cells.map(link), ...term.factors.slice(1).map(number)];
      const parts = numbers.flatMap((part, i) => (i ? [" · ", part] : [part]));
      return line(term.name, term.power ? ["e^( ", ...parts, " − largest )"] : parts, term.cells.length + term.factors.length > 1 || term.power ? number(term.value) : "");
    });
    return element("table", {}, element("tbody", {}, ...rows, ...after.map(([name, found]) => line(name, [], number(found)))),
      element("tfoot", {}, line("this cell", [], number(value))));
  }

  function draw() {
    const state = readState(model, count);
    if (input.value !== state.text) input.value = state.text;
    const wrong = [...state.text].find((letter) => !letters.includes(letter));
    const right = !wrong && state.text.length === shipped.n_letters;
    find("notice").textContent = right ? "" : wrong ? `The model knows the letters ${[...letters].join(", ")}; “${wrong}” is none of them.` : `The model reads ${shipped.n_letters} letters; here are ${state.text.length}.`;
    find("walk").hidden = find("reads").hidden = !right;
    if (!right) { // nothing old is left to be read aloud
      say(find("live"), "");
      return;
    }
    if (computed !== `${state.text} ${state.written}`) {
      computed = `${state.text} ${state.written}`;
      result = compute(state, shipped);
      build();
    }
    const tensor = result.tensors[state.step];
    const [row, column] = [within(state.row, tensor.rows.length), within(state.column, tensor.columns.length)];
    const made = tensor.explain(row, column);
    const sources = new Set(made.terms.flatMap(({ cells }) => cells.map(([index]) => index)));
    canvases.forEach((canvas, index) => { canvas.className = index === state.step ? "s2g-here" : sources.has(index) ? "s2g-source" : ""; });
    find("stack").style.setProperty("--s2g-at", tensor.floor);
    [...find("stack").children].forEach((floor, index) => { floor.classList.toggle("s2g-above", index > tensor.floor); floor.classList.toggle("s2g-here", index === tensor.floor); });
    find("reads").textContent = `The model reads “${result.tokens.join(" ")}” and says “${result.next}” comes next, with ${result.odds > 0.995 ? "over 99 %" : percent(result.odds)}.`;
    find("write").disabled = state.written >= shipped.n_letters - 1;
    find("write").textContent = find("write").disabled ? "All but the last letter is written" : `Write “${result.next}” and read again`;
    find("clear").disabled = state.written === 0;
    find("back").disabled = state.step === 0;
    find("forth").disabled = state.step === count - 1;
    find("count").textContent = `tensor ${state.step + 1} of ${count}`;
    find("title").textContent = `${tensor.part}: ${tensor.title} (${tensor.rows.length} × ${tensor.columns.length})`;
    find("what").textContent = tensor.what;
    grid(tensor, row, column, largestOf(tensor));
    find("cell").textContent = `Position ${row} “${result.tokens[row]}”, column ${tensor.columns[column]}: ${number(tensor.values[row][column])}`;
    find("how").textContent = made.words;
    find("terms").replaceChildren(made.terms.length ? terms(made) : element("table"));
    const words = describe(result, { ...state, row, column });
    say(find("live"), words);
  }

  let waiting = false; // one drawing for several changes at once
  const later = () => { if (!waiting) { waiting = true; queueMicrotask(() => { waiting = false; draw(); }); } };
  const stop = drawOnChange(model, Object.keys(DEFAULTS), later, draw);
  el.append(root);
  return () => { say(); stop(); };
}

export default { render };
