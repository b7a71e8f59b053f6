// What an answer was worth and why: every option with its reason, the explanation, and where to read on.
import { element } from "../widgets/parts.js";
import { optionsShown } from "./fields.js";
import { rights } from "./grading.js";
import { blocks, inline, written } from "./markup.js";

const LETTERS = "ABCDEFGHIJKLMNOP";

export function verdict(points) {
  if (points === null) return "Compare your answer with the model answer.";
  if (points === 1) return "Right.";
  return points > 0 ? `Partly right: ${Math.round(100 * points)} % of the points.` : "Not right.";
}

// The reasons, without the verdict.
export function reasons(question, response, order) {
  const { interaction } = question;
  const say = { single: options, multiple: options, ordering: steps, matching: pairs, numeric: value, shape: value, short: model, hotspot: places }[interaction.kind];
  return element("div", { className: "s2g-reasons" }, ...say(interaction, response, order));
}

// Explanation and a link to the paragraph.
export function readOn(bank, question) {
  const place = question.chapter.match(/\/(\d+)-/)?.[1];
  const link = element("a", { href: bank.paragraph(question), target: "_blank", rel: "noopener" }, `Read the paragraph in the course (${place ? `lesson ${place}` : "reference"}, opens a new tab)`);
  return element("div", { className: "s2g-explained" }, ...blocks(question.explanation), element("p", {}, link));
}

function entry(isRight, isChosen, head, reason, letter = "") {
  const mark = element("b", { className: isRight ? "s2g-right" : "s2g-wrong" }, isRight ? "✓ right" : "✗ wrong");
  const yours = isChosen ? [element("b", { className: "s2g-yours" }, "your answer")] : [];
  const line = element("p", {}, ...(letter ? [element("b", {}, `${letter} `)] : []), ...head, " ", mark, " ", ...yours);
  return element("li", { className: isChosen ? "s2g-chosen" : "" }, line, ...blocks(reason));
}

function options(interaction, response, order) {
  const chosen = new Set([response ?? []].flat());
  const rows = optionsShown(interaction, order).map((option, i) => entry(Boolean(option.correct), chosen.has(option.id), inline(option.text), option.rationale, LETTERS[i]));
  return [...(chosen.size ? [] : [unanswered()]), element("ul", {}, ...rows)];
}

function steps({ steps: right, distractor_steps: extra = [], pair_rationales: why = [] }, response) {
  const texts = [...right, ...extra];
  const list = (places) => element("ol", {}, ...places.map((place) => element("li", {}, ...inline(texts[place]))));
  const yours = response ? [element("p", { className: "s2g-part" }, "Your order"), list(response)] : [unanswered()];
  const strangers = extra.map((text) => element("li", {}, element("b", {}, "Not a step: "), ...inline(text)));
  return [...yours, element("p", { className: "s2g-part" }, "The order"), list([...right.keys()]), element("ul", {}, ...why.map((text) => element("li", {}, ...inline(text))), ...strangers)];
}

function pairs(interaction, response) {
  const texts = rights(interaction);
  const rows = interaction.pairs.map((pair, i) => {
    const place = response?.[i] ?? null;
    const isRight = place !== null && texts[place] === pair.right;
    const head = [...inline(pair.left), " → ", ...inline(pair.right)];
    const yours = isRight ? [] : element("p", { className: "s2g-wrong" }, place === null ? "You left this one open." : element("span", {}, "You chose: ", ...inline(texts[place])));
    return element("li", { className: "s2g-chosen" }, element("p", {}, ...head, " ", element("b", { className: isRight ? "s2g-right" : "s2g-wrong" }, isRight ? "✓ right" : "✗ wrong")), ...[yours].flat(), ...blocks(pair.rationale));
  });
  return [...(response ? [] : [unanswered()]), element("ul", {}, ...rows)];
}

function value({ kind, answer, unit = "", common_errors: errors = [] }, response) {
  const show = (number) => (kind === "shape" && !Array.isArray(number) ? String(number) : written(number));
  const yours = response === null || response === undefined ? unanswered() : element("p", {}, "Your answer: ", element("b", {}, String(written(response))));
  const rows = errors.map((error) => element("li", {}, element("b", {}, `Not ${show(error.value)}: `), ...inline(error.feedback)));
  return [yours, element("p", {}, "The answer: ", element("b", { className: "s2g-right" }, `${show(answer)} ${unit}`.trim())), element("ul", {}, ...rows)];
}

function model({ model_answer: text, rubric }, response) {
  const yours = typeof response === "string" ? [element("p", { className: "s2g-part" }, "Your answer"), element("p", {}, response)] : [];
  const rows = rubric.map((criterion) => element("li", {}, `${criterion.points} point${criterion.points === 1 ? "" : "s"}: `, ...inline(criterion.criterion)));
  return [...yours, element("p", { className: "s2g-part" }, "A model answer"), ...blocks(text), element("ul", {}, ...rows)];
}

function places(interaction, response, order) {
  if (typeof response === "string") return options({ ...interaction.text_alternative, kind: "single" }, response, order);
  const rows = interaction.targets.map((target) => entry(true, (response ?? []).includes(target.svg_id), inline(target.label), target.rationale));
  return [...(response ? [] : [unanswered()]), element("ul", {}, ...rows)];
}

const unanswered = () => element("p", { className: "s2g-wrong" }, "You gave no answer.");
