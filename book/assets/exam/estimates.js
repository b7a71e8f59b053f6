// What answers say about a learner, as seq2gpt.exam.results does: points, how sure they are, and in which domain.

export const ENOUGH = 8; // graded answers of a domain before its share says anything
const BANDS = [[80, "secure"], [60, "nearly there"], [0, "to be trained"]];
const SCALE = { low: 100, high: 1000 }; // of many vendors' reports; nothing here is equated to them

const rounded = (value) => Math.round(value * 10) / 10;

// The mean of points in percent; the error counts one right and one wrong answer more, so that few answers never look certain.
export function estimate(points) {
  const n = points.length;
  if (!n) return { percent: 0, error: 0, n };
  const total = points.reduce((a, b) => a + b, 0);
  const careful = (total + 1) / (n + 2);
  return { percent: rounded((100 * total) / n), error: rounded(100 * Math.sqrt((careful * (1 - careful)) / (n + 2))), n };
}

export function band({ percent, n }) {
  if (n < ENOUGH) return `not enough evidence (${n} of ${ENOUGH} answers)`;
  return BANDS.find(([limit]) => percent >= limit)[1];
}

export function scaled({ percent, error }) {
  const span = SCALE.high - SCALE.low;
  return { score: Math.round(SCALE.low + (span * percent) / 100), error: Math.round((span * error) / 100), ...SCALE };
}

export const graded = (entries) => entries.filter((entry) => entry.kind === "answer" && entry.points !== null);

export function byDomain(entries) {
  const points = {};
  for (const entry of graded(entries)) (points[entry.item.split("-")[0]] ??= []).push(entry.points);
  return Object.fromEntries(Object.keys(points).sort().map((name) => [name, estimate(points[name])]));
}

// Where a learner stands on the scale of the questions' difficulties, and how sure that is: one question at a
// time, by the Rasch model with a prior of N(0, 1), an answer worth `points` (Elo's update with its own step).
export function ability(answers) {
  let [place, precision] = [0, 1];
  for (const { difficulty, points } of answers) {
    const expected = 1 / (1 + Math.exp(difficulty - place));
    precision += expected * (1 - expected);
    place += (points - expected) / precision;
  }
  return { place, error: 1 / Math.sqrt(precision) };
}
