// Grades an answer as seq2gpt.exam.grading does: the same responses, points, feedback and misconceptions.

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

export class AnswerError extends Error {} // what was handed in is no answer to this kind of question

export function grade(question, response) {
  if (response === null || response === undefined) return worth(0, ["No answer."]);
  let { interaction } = question;
  let { kind } = interaction;
  if (kind === "hotspot" && typeof response === "string") [interaction, kind] = [interaction.text_alternative, "single"];
  return GRADERS[kind](interaction, response);
}

export function rights(interaction) { // what a pair may be matched with, each text once
  const texts = [...interaction.pairs.map((pair) => pair.right), ...(interaction.extra_right ?? [])];
  return [...new Set(texts)];
}

export function modelAnswer({ interaction }) {
  switch (interaction.kind) {
    case "single": return interaction.options.find((option) => option.correct).id;
    case "multiple": return interaction.options.filter((option) => option.correct).map((option) => option.id);
    case "ordering": return interaction.steps.map((_, place) => place);
    case "matching": return interaction.pairs.map((pair) => rights(interaction).indexOf(pair.right));
    case "short": return interaction.rubric.map((_, place) => place);
    case "hotspot": return interaction.targets.map((target) => target.svg_id);
    default: return interaction.answer;
  }
}

export function readNumber(text) {
  const [top, bottom, ...more] = text.replace(/[\s,_]/g, "").replaceAll("−", "-").split("/");
  const isNumber = (part) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part);
  const value = bottom === undefined ? +top : +top / +bottom;
  if (!isNumber(top) || more.length || (bottom !== undefined && !isNumber(bottom)) || !Number.isFinite(value)) {
    throw new AnswerError(`“${text}” is no number; write one such as 0.25, 1/4 or 1,024`);
  }
  return value;
}

export function readShape(text) {
  const plain = text.replace(/^(torch\.Size)?[\s([]+|[\s)\],]+$/g, "");
  const sizes = plain.split(/[\s,x×]+/).filter(Boolean);
  if (!sizes.length || !sizes.every((size) => /^\d+$/.test(size))) {
    throw new AnswerError(`“${text}” is no shape; write one such as (2, 3)`);
  }
  return sizes.map(Number);
}

function worth(points, feedback = [], chosen = []) {
  return { points, feedback, misconceptions: chosen.filter((entry) => entry.misconception).map((entry) => entry.misconception) };
}

const knownError = (errors) => worth(0, errors.map((error) => error.feedback), errors);

function single({ options }, response) {
  known([response], options.map((option) => option.id), "option");
  const chosen = options.find((option) => option.id === response);
  return worth(chosen.correct ? 1 : 0, [chosen.rationale], [chosen]);
}

function multiple({ options }, response) {
  known(response, options.map((option) => option.id), "option");
  const chosen = options.filter((option) => response.includes(option.id));
  const nKeys = options.filter((option) => option.correct).length;
  const nRight = chosen.filter((option) => option.correct).length;
  const missed = options.filter((option) => option.correct && !response.includes(option.id));
  const says = chosen.map((option) => `${option.text}: ${option.rationale}`);
  says.push(...missed.map((option) => `Missed: ${option.text}: ${option.rationale}`));
  return worth(Math.max(0, (2 * nRight - chosen.length) / nKeys), says, chosen);
}

function ordering({ steps, distractor_steps: extra = [], pair_rationales: reasons = [] }, response) {
  const texts = [...steps, ...extra];
  known(response, [...texts.keys()], "step");
  const turn = inTurn(response, texts);
  const given = turn.filter((place) => place < steps.length);
  let inOrder = 0;
  for (let i = 0; i < given.length; i += 1) {
    for (let j = i + 1; j < given.length; j += 1) inOrder += given[i] < given[j];
  }
  const pairs = (n) => (n * (n - 1)) / 2;
  const nWrong = turn.length - given.length;
  const points = Math.max(0, (2 * inOrder - pairs(given.length) - nWrong) / pairs(steps.length));
  const wrong = turn.filter((place) => place >= steps.length).map((place) => `Not a step: ${texts[place]}`);
  return worth(points, [...reasons, ...wrong]);
}

function inTurn(response, texts) { // steps that read alike are taken from first to last
  const sorted = [...response].sort((a, b) => a - b);
  const alike = new Map();
  for (const place of sorted) alike.set(texts[place], [...(alike.get(texts[place]) ?? []), place]);
  return response.map((place) => alike.get(texts[place]).shift());
}

function matching(interaction, response) {
  const { pairs } = interaction;
  const texts = rights(interaction);
  if (!Array.isArray(response) || response.length !== pairs.length) {
    throw new AnswerError(`this is no matching of ${pairs.length} entries; give a place or none for each`);
  }
  known(response.filter((place) => place !== null), [...texts.keys()], "place", true);
  const right = pairs.map((pair, i) => response[i] !== null && texts[response[i]] === pair.right);
  const says = pairs.filter((_, i) => !right[i]).map((pair) => `${pair.left}: ${pair.rationale}`);
  return worth(right.filter(Boolean).length / pairs.length, says);
}

export function within(value, wanted, tolerance) {
  const margin = "abs" in tolerance ? tolerance.abs : tolerance.rel * Math.abs(wanted);
  return Math.abs(value - wanted) <= margin + 1e-9 * Math.max(1, Math.abs(wanted));
}

function numeric({ answer, tolerance, common_errors: errors = [] }, response) {
  const value = typeof response === "string" ? readNumber(response) : response;
  if (typeof value !== "number") throw new AnswerError("this is no number; give one such as 0.25 or 1/4");
  if (within(value, answer, tolerance)) return worth(1);
  return knownError(errors.filter((error) => within(value, error.value, tolerance)));
}

function shape({ answer, common_errors: errors = [] }, response) {
  const sizes = typeof response === "string" ? readShape(response) : response;
  if (!Array.isArray(sizes)) throw new AnswerError("this is no shape; give one such as (2, 3)");
  const same = (other) => other.length === sizes.length && other.every((size, i) => size === sizes[i]);
  return same(answer) ? worth(1) : knownError(errors.filter((error) => same(error.value)));
}

function hotspot({ targets, decoys = [] }, response) {
  const ids = targets.map((target) => target.svg_id);
  known(response, [...ids, ...decoys], "part");
  const nRight = response.filter((name) => ids.includes(name)).length;
  const points = Math.max(0, (2 * nRight - response.length) / targets.length);
  return worth(points, targets.map((target) => `${target.label}: ${target.rationale}`));
}

function short({ rubric, accept = [], model_answer: model }, response) {
  if (typeof response === "string") {
    const plain = (text) => text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
    const isAccepted = accept.map(plain).includes(plain(response));
    return worth(isAccepted ? 1 : null, [`A model answer: ${model}`]);
  }
  known(response, [...rubric.keys()], "criterion");
  const total = sum(rubric.map((entry) => entry.points));
  const missing = rubric.filter((_, place) => !response.includes(place));
  return worth(sum(response.map((place) => rubric[place].points)) / total, missing.map((entry) => `Missing: ${entry.criterion}`));
}

const GRADERS = { single, multiple, ordering, matching, numeric, shape, hotspot, short };

function known(response, entries, kind, repeated = false) {
  if (!Array.isArray(response)) throw new AnswerError(`give the chosen ${kind}s in a list`);
  const stranger = response.find((entry) => !entries.includes(entry));
  if (stranger !== undefined) throw new AnswerError(`there is no ${kind} ${stranger}; choose from ${entries.join(", ")}`);
  if (!repeated && new Set(response).size < response.length) throw new AnswerError(`a ${kind} is named twice; name each once`);
}
