// Where a head of the GPT looked from a character: the text that shows it, and the panel in which a head is chosen.
import { element, percent, range } from "./parts.js";

const NAMED = 3; // characters that the sentence names
const CURVE = 24; // height of a head's curve, in units of its picture

export const visible = (symbol) => ({ " ": "space", "\n": "line break" })[symbol] ?? `“${symbol}”`;
const back = (distance) => (distance === 0 ? "itself" : `${distance} back`);

// The text, a node for each character. look(index) is called while the pointer rests on one, null when it leaves; keep(index) when one is chosen.
export function writtenText(node, look, keep) {
  const [prompt, text] = ["b", "span"].map((tag) => node.querySelector(tag));
  let letters = [];
  const place = ({ target }) => letters.indexOf(target.closest("i"));
  node.onpointerover = (event) => { if (event.pointerType === "mouse") look(place(event) === -1 ? null : place(event)); };
  node.onpointerleave = () => look(null);
  node.onclick = (event) => { if (place(event) !== -1) keep(place(event)); };
  const append = (to, symbol) => {
    const letter = element("i", { textContent: symbol, className: symbol === "\n" ? "s2g-break" : "" });
    letters.push(letter);
    to.append(letter);
  };
  return {
    append: (symbol) => append(text, symbol),
    start(symbols) { // the prompt's characters; a prompt of none shows none, though a line break was read
      letters = [];
      text.replaceChildren();
      prompt.replaceChildren();
      symbols.forEach((symbol) => append(prompt, symbol));
    },
    show(at, weights) { // darkest where the largest weight is
      const peak = Math.max(...weights);
      letters.forEach((letter, index) => {
        letter.style.setProperty("--s2g-w", (index <= at ? weights[index] / peak : 0).toFixed(3));
        letter.classList.toggle("s2g-asks", index === at);
        letter.classList.toggle("s2g-later", index > at);
      });
    },
    scrollTo(at) {
      const { offsetTop, offsetHeight } = letters[at] ?? node;
      const [top, bottom] = [offsetTop - node.offsetTop, offsetTop - node.offsetTop + offsetHeight];
      if (top < node.scrollTop) node.scrollTop = top;
      if (bottom > node.scrollTop + node.clientHeight) node.scrollTop = bottom - node.clientHeight;
    },
  };
}

// The choice of a head: for each a curve of where it looks from the character at hand.
export function headChoice(group, pick) {
  const grid = element("div", { className: "s2g-grid" });
  const legend = element("legend");
  const node = element("fieldset", { className: "s2g-looks" }, legend, grid);
  let inputs = [];
  let curves = [];
  let drawn = "";

  function rebuild(layers, heads) { // only when they changed, so that the keyboard focus survives
    if (drawn === `${layers} ${heads}`) return;
    drawn = `${layers} ${heads}`;
    const all = range(layers).flatMap((layer) => range(heads).map((head) => [layer, head]));
    inputs = all.map(([layer, head]) => {
      const input = element("input", { type: "radio", name: `${group}-head`, value: `${layer} ${head}`, onchange: () => pick(layer, head) });
      input.setAttribute("aria-label", `layer ${layer}, head ${head}`);
      return input;
    });
    const pictures = all.map(picture);
    curves = pictures.map((svg) => svg.firstChild);
    grid.style.setProperty("--s2g-n", heads);
    grid.replaceChildren(...all.map(([layer, head], i) => element("label", { title: `layer ${layer}, head ${head}` }, inputs[i], pictures[i],
      element("span", { textContent: `${layer}.${head}` }))));
  }

  return { node, show(reader, at, layer, head) {
    const { n_layers, n_heads } = reader.gpt.config;
    rebuild(n_layers, n_heads);
    legend.textContent = `Where each head looks from here: layer.head, each scaled to its largest weight`;
    inputs.forEach((input, i) => {
      const own = [Math.floor(i / n_heads), i % n_heads];
      input.checked = own[0] === layer && own[1] === head;
      curves[i].setAttribute("d", curve(reader.gpt.attention(...own, at), reader.ids.length));
    });
  } };
}

function picture() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 100 ${CURVE}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  return svg;
}

// Bars over the whole text, from its first character on the left to its last on the right.
function curve(weights, length) {
  const width = 100 / length;
  const peak = Math.max(...weights);
  const bars = [...weights].map((weight, i) => `H${(i * width).toFixed(2)}V${(CURVE * (1 - weight / peak)).toFixed(2)}H${((i + 1) * width).toFixed(2)}`);
  return `M0 ${CURVE}${bars.join("")}V${CURVE}Z`;
}

// The same in words.
export function lookSentence(reader, at, layer, head) {
  const weights = reader.gpt.attention(layer, head, at);
  const symbol = (index) => visible(reader.symbols[reader.ids[index]]);
  const best = range(at + 1).sort((a, b) => weights[b] - weights[a] || b - a).slice(0, NAMED);
  const named = best.map((index) => `${symbol(index)} (${back(at - index)}) ${percent(weights[index])}`);
  const rest = 1 - best.reduce((sum, index) => sum + weights[index], 0);
  const count = at + 1 - NAMED;
  const others = count > 0 ? `; the other ${count === 1 ? "one has" : `${count} share`} ${percent(Math.max(0, rest))}` : "";
  return `From ${symbol(at)}, character ${at + 1} of ${reader.ids.length}, head ${head} of layer ${layer} looks at ${named.join(", ")}${others}.`;
}
