// An exam that is going on: its questions, answers, flags and time, stored after every change.
//
// Time is what performance.now() counts while the page is open, so no clock that is set can give or take any; what
// is left is stored, and after a crash it goes on from there.
import { draw } from "./drawing.js";

const NAME = "sitting";
const SAVE_EVERY = 2000; // ms: what a crash can give back at most
const LONGEST = 365 * 24 * 60 * 60e3;

export const NO_LIMIT = "none";
export const EXTRA = { 0: "none", 25: "25 % more", 50: "50 % more", 100: "twice the time", [NO_LIMIT]: "no limit" };

export class Sitting {
  #last = performance.now();
  #saved = 0;

  constructor(storage, history, state) {
    Object.assign(this, { storage, history, state });
    this.tab = Math.random().toString(36).slice(2);
  }

  // Null where the bank has no question for the profile.
  static begin(storage, history, bank, profile, extra, seed) {
    const { items, notes } = draw(bank, profile, seed, history.seen());
    if (!items.length) return null;
    const minutes = extra === NO_LIMIT ? null : profile.minutes * (1 + Number(extra) / 100);
    const sitting = new Sitting(storage, history, {
      session: new Date(history.now()).toISOString(), profile: profile.name, title: profile.title, seed, minutes, extra,
      left: minutes === null ? null : Math.min(minutes * 60e3, LONGEST), items, notes, at: 0, responses: {}, flags: [], struck: {}, spent: {},
    });
    sitting.#write();
    return sitting;
  }

  // The exam that was not handed in, or null. Questions that the bank has changed since are named and left out, and
  // the exam as it was is kept aside.
  static resume(storage, history, bank) {
    const state = storage.read(NAME);
    if (!state) return null;
    const isOver = history.entries.some((entry) => entry.kind === "end" && entry.session === state.session);
    const gone = isWhole(state) ? state.items.filter((item) => !bank.has(item)).map(([id]) => id) : [];
    if (isOver || !isWhole(state) || gone.length === state.items.length) {
      if (!isOver) {
        storage.keep(NAME, state);
        storage.note("An exam that was not handed in cannot go on: the bank has none of its questions any more. It is kept as it was, and the export holds it.");
      }
      storage.remove(NAME);
      return null;
    }
    if (gone.length) {
      storage.keep(NAME, state);
      state.items = state.items.filter((item) => bank.has(item));
      state.at = Math.min(state.at, Math.max(0, state.items.length - 1));
      state.notes = [...state.notes, `The questions have changed since you began: ${gone.join(", ")} left this exam. It is kept as it was, and the export holds it.`];
    }
    const sitting = new Sitting(storage, history, state);
    if (gone.length) sitting.#write();
    return sitting;
  }

  get id() { return this.state.items[this.state.at]?.[0]; }

  get size() { return this.state.items.length; }

  get nAnswered() { return this.state.items.filter(([id]) => this.isAnswered(id)).length; }

  isAnswered(id) { return (this.state.responses[id] ?? null) !== null; }

  isFlagged(id) { return this.state.flags.includes(id); }

  // Start counting here: time before this call, such as that of the resume screen, is not the learner's.
  start() {
    this.#last = performance.now();
    this.#write();
  }

  // Count the time since the last call; whether there is some left.
  tick() {
    const now = performance.now();
    const gone = Math.max(0, now - this.#last);
    this.#last = now;
    if (this.state.left !== null) this.state.left = Math.max(0, this.state.left - gone);
    this.state.spent[this.id] = (this.state.spent[this.id] ?? 0) + gone;
    if (now - this.#saved > SAVE_EVERY) this.save();
    return this.state.left !== 0;
  }

  save() { if (!this.isTakenOver()) this.#write(); }

  #write() { // also tells other tabs that the exam goes on here
    this.#saved = performance.now();
    this.storage.write(NAME, { ...this.state, tab: this.tab });
  }

  // Whether another tab has gone on with this exam since, or has ended it.
  isTakenOver() { return this.storage.read(NAME)?.tab !== this.tab; }

  answer(id, response) {
    if (!this.tick()) return;
    this.state.responses[id] = response;
    this.save();
  }

  flag(id) {
    const { flags } = this.state;
    this.state.flags = flags.includes(id) ? flags.filter((name) => name !== id) : [...flags, id];
    this.save();
  }

  strike(id, options) { this.state.struck[id] = options; this.save(); }

  go(place) { this.tick(); this.state.at = place; this.save(); }

  // Grade all answers, put them into the history, and forget the sitting; its session.
  handIn(bank, grade, reason) {
    const { session, profile, title, items, minutes, left, responses, spent } = this.state;
    const graded = items.map(([id, version, variant]) => {
      const response = responses[id] ?? null;
      return { kind: "answer", item: id, version, variant, response, ...graded1(grade, bank.question(id, variant), response), seconds: Math.round((spent[id] ?? 0) / 1000), session };
    });
    const used = minutes === null ? null : Math.round((minutes * 60e3 - left) / 1000);
    this.history.add([
      { kind: "start", session, profile, title, items, minutes, at: session },
      ...graded,
      { kind: "end", session, reason, seconds: used },
    ]);
    this.storage.remove(NAME);
    return session;
  }

  discard() { this.storage.keep(NAME, this.state); this.storage.remove(NAME); }
}

function graded1(grade, question, response) { // what cannot be read is worth nothing, and says why
  try {
    return grade(question, response);
  } catch (error) {
    return { points: 0, feedback: [error.message], misconceptions: [] };
  }
}

function isWhole({ session, items, responses, left, at }) {
  return typeof session === "string" && Array.isArray(items) && typeof responses === "object" && (left === null || Number.isFinite(left)) && Number.isInteger(at);
}
