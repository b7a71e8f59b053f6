// A question as it is asked: case, stem, code, numbers and figure, before the field for the answer.
import { element } from "../widgets/parts.js";
import { blocks } from "./markup.js";

export function asked(bank, question) {
  const told = question.case ? [element("details", { className: "s2g-case", open: true }, element("summary", {}, "The case"), ...blocks(bank.cases[question.case]))] : [];
  return element("div", { className: "s2g-asked" }, ...told, ...blocks(question.stem), ...stimulus(bank, question));
}

function stimulus(bank, question) {
  const { stimulus: { code, figure, tensors = {} } = {}, interaction } = question;
  const shown = [];
  if (code) shown.push(listing(code.text, "Program"));
  const drawn = figureOf(bank, question);
  if (drawn && interaction.kind !== "hotspot") shown.push(element("img", { className: "s2g-picture", alt: figure.alt, src: `data:image/svg+xml,${encodeURIComponent(drawn.svg)}` }));
  for (const [name, values] of Object.entries(tensors)) shown.push(listing(`${name} = ${JSON.stringify(values).replaceAll(",", ", ")}`, "Values"));
  return shown;
}

// The drawing of a question, { svg, alt }, or null; it lies beside the chapter that the question names.
export function figureOf(bank, { stimulus, chapter }) {
  const figure = stimulus?.figure;
  const svg = figure && bank.figures[`${chapter.slice(0, chapter.lastIndexOf("/"))}/${figure.src}`];
  return svg ? { svg, alt: figure.alt } : null;
}

function listing(text, name) { // wide lines scroll in their own box, which a keyboard can reach
  return element("pre", { tabIndex: 0, role: "group", ariaLabel: name }, element("code", {}, text.trimEnd()));
}
