// Practice: one question after the other, and after each why it is so. Drills, the daily review, and what was missed.
import { element } from "../widgets/parts.js";
import { asked, figureOf } from "./asked.js";
import { ability } from "./estimates.js";
import { readOn, reasons, verdict } from "./feedback.js";
import { field } from "./fields.js";
import { AnswerError, grade } from "./grading.js";
import { shuffled } from "./drawing.js";

// The next question for an adaptive drill: the one whose difficulty is nearest to where the learner stands, new
// ones first. `done` are the answers of this drill, each { id, difficulty, points }.
export function nearest(items, done, seen, seed) {
  const asked = new Set(done.map((answer) => answer.id));
  const { place } = ability(done);
  const rank = (item) => Math.abs(item.difficulty - place) + (seen.has(item.id) ? 1 : 0);
  return shuffled(items.filter((item) => !asked.has(item.id)), seed).sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

// What to train after an exam: the missed questions that are for practice, and others of the same objectives.
export function related(bank, missed, seed) {
  const wanted = new Set(missed.flatMap((id) => bank.byId.get(id)?.objectives.slice(0, 1) ?? []));
  const same = shuffled(bank.forPractice().filter((item) => wanted.has(item.objectives[0])), seed);
  const own = same.filter((item) => missed.includes(item.id));
  const per = {};
  const others = same.filter((item) => !missed.includes(item.id) && (per[item.objectives[0]] = (per[item.objectives[0]] ?? 0) + 1) <= 2);
  return [...own, ...others];
}

export class Practice {
  #done = [];
  #since = 0;

  // `next(done)` gives the next item or null; `close()` is called when the learner is through.
  constructor({ bank, history, title, next, total, close, closing = "" }) {
    Object.assign(this, { bank, history, next, total, close, closing });
    this.place = element("p", { className: "s2g-place" });
    this.stage = element("div", { className: "s2g-stage" });
    const stop = element("button", { type: "button", className: "s2g-quiet", textContent: "Stop", onclick: () => this.#finish() });
    const bar = element("div", { className: "s2g-top" }, element("h2", { tabIndex: -1 }, title), this.place, element("div", { className: "s2g-line-up" }, stop));
    this.node = element("div", { className: "s2g-practice" }, bar, this.stage);
  }

  enter() { this.#ask(); }

  #ask() {
    const item = this.next(this.#done);
    if (!item) {
      this.#finish();
      return;
    }
    const variant = this.history.answers().filter((answer) => answer.item === item.id).length; // another one each time
    const question = this.bank.question(item.id, variant);
    const order = `${Date.now()} ${item.id}`;
    let response = null;
    this.#since = performance.now();
    this.place.textContent = this.total ? `Question ${this.#done.length + 1} of ${this.total}` : `Question ${this.#done.length + 1}`;
    const told = element("p", { className: "s2g-told", role: "status" });
    const area = field(question, { order, response, change: (value) => { response = value; told.textContent = ""; }, strike() {}, figure: figureOf(this.bank, question) });
    const check = element("button", { type: "button", className: "s2g-main", textContent: "Check" });
    const hint = element("button", { type: "button", className: "s2g-quiet", textContent: "Show a hint", hidden: !question.hint });
    hint.onclick = () => hint.replaceWith(element("p", { className: "s2g-hint", role: "status" }, element("b", {}, "Hint: "), question.hint));
    check.onclick = () => {
      if (area.problem()) told.textContent = `${area.problem()}.`;
      try {
        this.#show(question, item, variant, response, order, grade(question, response));
      } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        told.textContent = error.message;
      }
    };
    const heading = element("h3", { tabIndex: -1 }, `Question ${this.#done.length + 1}`);
    this.stage.replaceChildren(heading, asked(this.bank, question), area.node, hint, told, element("div", { className: "s2g-turn" }, check));
    heading.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: "start", behavior: "instant" });
  }

  #show(question, item, variant, response, order, found) {
    const seconds = Math.round((performance.now() - this.#since) / 1000);
    const heading = element("h3", { tabIndex: -1, className: found.points === 1 ? "s2g-right" : "s2g-wrong" }, response === null ? "You gave no answer." : verdict(found.points));
    const next = element("button", { type: "button", className: "s2g-main", textContent: "Next →" });
    const store = (result) => {
      this.#done.push({ id: item.id, difficulty: item.difficulty, points: result.points });
      this.history.add([{ kind: "answer", item: item.id, version: item.version, variant, response, ...result, seconds, session: null }]);
    };
    const parts = [heading, asked(this.bank, question), reasons(question, response, order), readOn(this.bank, question)];
    if (found.points === null) {
      const boxes = question.interaction.rubric.map((entry) => element("label", {}, element("input", { type: "checkbox" }), ` ${entry.criterion}`));
      parts.push(element("fieldset", { className: "s2g-rubric" }, element("legend", {}, "Which of these does your answer say?"), ...boxes));
      next.onclick = () => {
        store(grade(question, [...boxes.keys()].filter((i) => boxes[i].firstChild.checked)));
        this.#ask();
      };
    } else {
      store(found);
      next.onclick = () => this.#ask();
    }
    this.stage.replaceChildren(...parts, element("div", { className: "s2g-turn" }, next));
    heading.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: "start", behavior: "instant" });
  }

  #finish() {
    const n = this.#done.length;
    const points = this.#done.reduce((sum, answer) => sum + answer.points, 0);
    const { place, error } = ability(this.#done);
    const heading = element("h3", { tabIndex: -1 }, n ? `${written(points)} of ${n} points` : "Nothing was asked");
    const stand = n > 4 ? element("p", {}, `On the scale of the questions' difficulties, where 0 is the middle, you stand at about ${place.toFixed(1)} ± ${error.toFixed(1)} (an estimate).`) : "";
    const back = element("button", { type: "button", className: "s2g-main", textContent: "Back to the start", onclick: this.close });
    this.place.textContent = "";
    this.stage.replaceChildren(heading, stand, element("p", {}, n ? "Your answers are in your history, and the daily review knows when to ask again." : this.closing), element("div", { className: "s2g-turn" }, back));
    heading.focus({ preventScroll: true });
  }
}

const written = (points) => String(Math.round(points * 10) / 10);
