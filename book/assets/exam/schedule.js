// When to ask again: FSRS 6, computed from the answers so far as seq2gpt.exam.schedule does.
//
// ts-fsrs computes memory and intervals. Days and the steps of the first minutes are counted here, because it
// counts days by the calendar and py-fsrs, which the terminal uses, by 24 hours.
import { fsrs, Rating } from "../vendor/ts-fsrs/ts-fsrs.js";

const SCHEDULER = fsrs({ enable_fuzz: false });
const MINUTE = 60e3;
const DAY = 24 * 60 * MINUTE;
const STEPS = { learning: [1, 10], relearning: [10] }; // minutes
export const PARTLY = 0.5; // points from which an answer counts as remembered with difficulty
export { Rating };

export function rating(points) {
  if (points >= 1) return Rating.Good;
  return points >= PARTLY ? Rating.Hard : Rating.Again;
}

// The card after a review at a time in milliseconds: stability, difficulty, state, step, due, reviewed.
export function reviewed(card, grade, at) {
  const days = card ? Math.max(0, Math.floor((at - card.reviewed) / DAY)) : 0;
  const memory = SCHEDULER.next_state(card ?? null, days, grade);
  const [state, step, minutes] = nextStep(card?.state ?? "learning", card?.step ?? 0, grade);
  const wait = minutes === null ? SCHEDULER.next_interval(memory.stability, days) * DAY : minutes * MINUTE;
  return { ...memory, state, step, due: at + wait, reviewed: at };
}

function nextStep(state, step, grade) { // the minutes to wait; null where the memory decides
  if (state === "review") return grade === Rating.Again ? ["relearning", 0, STEPS.relearning[0]] : ["review", 0, null];
  const steps = STEPS[state];
  if (grade === Rating.Again) return [state, 0, steps[0]];
  if (grade === Rating.Hard) return [state, step, hardWait(steps, step)];
  if (grade === Rating.Good && step + 1 < steps.length) return [state, step + 1, steps[step + 1]];
  return ["review", 0, null];
}

function hardWait(steps, step) {
  if (step > 0) return steps[step];
  return steps.length > 1 ? (steps[0] + steps[1]) / 2 : steps[0] * 1.5;
}

// The card of each question and version that was answered or turned over, by "id version".
export function cards(entries) {
  const found = new Map();
  for (const entry of entries) {
    const grade = entry.kind === "card" ? entry.rating : entry.kind === "answer" && entry.points !== null ? rating(entry.points) : null;
    if (grade === null) continue;
    const name = `${entry.item} ${entry.version}`;
    found.set(name, reviewed(found.get(name), grade, Date.parse(entry.at)));
  }
  return found;
}

// What to review now, longest overdue first, and what was never asked.
export function due(items, entries, now) {
  const known = cards(entries);
  const cardOf = (item) => known.get(`${item.id} ${item.version}`);
  const late = items.filter((item) => cardOf(item)?.due <= now).sort((a, b) => cardOf(a).due - cardOf(b).due);
  return { late, fresh: items.filter((item) => !cardOf(item)), next: Math.min(...items.map((item) => cardOf(item)?.due ?? Infinity)) };
}
