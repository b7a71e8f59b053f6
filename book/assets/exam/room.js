// The room of a mock exam: one question at a time, a palette, flags, a review before handing in, and the clock.
import { element, range } from "../widgets/parts.js";
import { asked, figureOf } from "./asked.js";
import { field } from "./fields.js";
import { grade } from "./grading.js";
import { plain } from "./markup.js";

const WARNINGS = [30, 10, 5, 1]; // minutes left
const TICK = 500;

export class Room {
  #timer;
  #told;
  #field = null;
  #onReview = false;

  // `done(session)` is called when the exam is handed in.
  constructor({ bank, sitting, done, say, leave }) {
    Object.assign(this, { bank, sitting, done, say, leave });
    this.clock = element("p", { className: "s2g-clock" });
    this.place = element("p", { className: "s2g-place" });
    this.stage = element("div", { className: "s2g-stage" });
    this.palette = element("ol", { className: "s2g-palette" });
    const pause = element("button", { type: "button", className: "s2g-quiet", textContent: "Pause and leave", onclick: () => this.#leave() });
    const review = element("button", { type: "button", textContent: "Review and hand in", onclick: () => this.showReview() });
    this.side = element("details", { className: "s2g-side", open: window.innerWidth > 900 }, element("summary", {}, "All questions"), this.palette, element("p", { className: "s2g-key" }, "Filled: answered. ⚑: flagged."));
    const heading = element("h2", { tabIndex: -1 }, sitting.state.title);
    const bar = element("div", { className: "s2g-top" }, heading, this.place, this.clock, element("div", { className: "s2g-line-up" }, review, pause));
    this.node = element("div", { className: "s2g-room" }, bar, this.stage, this.side);
  }

  enter() {
    document.documentElement.classList.add("s2g-sitting");
    const { left, notes } = this.sitting.state;
    this.#told = left === null ? 0 : WARNINGS.filter((minutes) => left <= minutes * 60e3).length;
    this.sitting.start();
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.away = () => { if (document.visibilityState === "hidden") this.sitting.save(); };
    document.addEventListener("visibilitychange", this.away);
    this.#showClock();
    this.showQuestion();
    if (notes.length) this.say(notes.join(" "));
  }

  exit() {
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.away);
    document.documentElement.classList.remove("s2g-sitting");
  }

  #leave() {
    this.sitting.tick();
    this.sitting.save();
    this.leave();
  }

  #tick() {
    if (this.#isElsewhere()) return;
    if (!this.sitting.tick()) {
      this.#handIn("time");
      return;
    }
    this.#showClock();
  }

  #isElsewhere() {
    if (!this.sitting.isTakenOver()) return false;
    this.leave("This exam went on in another tab of this browser; here it has stopped.");
    return true;
  }

  #handIn(reason) {
    if (this.#isElsewhere()) return;
    const session = this.sitting.handIn(this.bank, grade, reason);
    this.done(session, reason);
  }

  #showClock() {
    const { left } = this.sitting.state;
    const text = left === null ? "no time limit" : `${time(left)} left`;
    if (this.clock.textContent !== text) this.clock.textContent = text;
    if (left === null) return;
    this.clock.classList.toggle("s2g-late", left <= 5 * 60e3);
    if (this.#told < WARNINGS.length && left <= WARNINGS[this.#told] * 60e3) {
      while (this.#told < WARNINGS.length && left <= WARNINGS[this.#told] * 60e3) this.#told += 1;
      const minutes = WARNINGS[this.#told - 1];
      this.say(`${minutes} minute${minutes > 1 ? "s" : ""} left. At the end your answers are handed in by themselves.`);
    }
  }

  showQuestion(place = this.sitting.state.at) {
    this.#onReview = false;
    this.say("");
    this.sitting.go(place);
    const { sitting, bank } = this;
    const [id, , variant] = sitting.state.items[place];
    const question = bank.question(id, variant);
    this.place.textContent = `Question ${place + 1} of ${sitting.size}`;
    this.#field = field(question, {
      order: `${sitting.state.session} ${id}`, response: sitting.state.responses[id] ?? null, struck: sitting.state.struck[id], figure: figureOf(bank, question),
      change: (response) => { sitting.answer(id, response); this.#showPalette(); },
      strike: (ids) => sitting.strike(id, ids),
    });
    const flag = element("button", { type: "button", className: "s2g-flag" });
    const showFlag = () => {
      flag.setAttribute("aria-pressed", sitting.isFlagged(id));
      flag.textContent = sitting.isFlagged(id) ? "⚑ Flagged" : "⚐ Flag for later";
    };
    flag.onclick = () => { sitting.flag(id); showFlag(); this.#showPalette(); };
    showFlag();
    const back = element("button", { type: "button", textContent: "← Previous", disabled: place === 0, onclick: () => this.showQuestion(place - 1) });
    const isLast = place === sitting.size - 1;
    const next = element("button", { type: "button", className: "s2g-main", textContent: isLast ? "Review →" : "Next →", onclick: () => (isLast ? this.showReview() : this.showQuestion(place + 1)) });
    const heading = element("h3", { tabIndex: -1 }, `Question ${place + 1}`);
    this.stage.replaceChildren(heading, asked(bank, question), this.#field.node, element("div", { className: "s2g-turn" }, back, flag, next));
    this.#showPalette();
    heading.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: "start", behavior: "instant" });
  }

  #showPalette() {
    const { sitting } = this;
    const buttons = range(sitting.size).map((place) => {
      const [id] = sitting.state.items[place];
      const button = element("button", { type: "button", onclick: () => this.showQuestion(place) }, String(place + 1));
      const isAnswered = sitting.isAnswered(id);
      button.ariaLabel = `Question ${place + 1}, ${isAnswered ? "answered" : "not answered"}${sitting.isFlagged(id) ? ", flagged" : ""}`;
      button.classList.toggle("s2g-answered", isAnswered);
      button.classList.toggle("s2g-flagged", sitting.isFlagged(id));
      if (place === sitting.state.at && !this.#onReview) button.ariaCurrent = "step";
      return element("li", {}, button);
    });
    this.palette.replaceChildren(...buttons);
  }

  showReview() {
    this.#onReview = true;
    this.sitting.tick();
    const { sitting, bank } = this;
    const open = sitting.size - sitting.nAnswered;
    const rows = sitting.state.items.map(([id, , variant], place) => {
      const question = bank.question(id, variant);
      const state = this.#stateOf(id, question);
      const go = element("button", { type: "button", className: "s2g-link", onclick: () => this.showQuestion(place) }, `${place + 1}`);
      go.ariaLabel = `Go to question ${place + 1}`;
      return element("tr", {}, element("td", {}, go), element("td", {}, plain(question.stem).slice(0, 90), question.stem.length > 90 ? "…" : ""), element("td", { className: state.isOpen ? "s2g-wrong" : "" }, state.text), element("td", {}, sitting.isFlagged(id) ? "⚑ flagged" : ""));
    });
    const head = element("thead", {}, element("tr", {}, ...["No.", "Question", "Answer", "Flag"].map((name) => element("th", { scope: "col" }, name))));
    const table = element("div", { className: "s2g-scroll", tabIndex: 0, role: "region", ariaLabel: "All questions and their state" }, element("table", {}, head, element("tbody", {}, ...rows)));
    const heading = element("h3", { tabIndex: -1 }, "Before you hand in");
    const told = open ? `${open} of ${sitting.size} questions ${open === 1 ? "has" : "have"} no answer. A guess costs nothing.` : "Every question has an answer.";
    const hand = element("button", { type: "button", className: "s2g-main", textContent: "Hand in", onclick: () => { if (sitting.tick()) this.#handIn("handed in"); else this.#handIn("time"); } });
    const back = element("button", { type: "button", textContent: "Back to the questions", onclick: () => this.showQuestion() });
    this.place.textContent = "Review";
    this.stage.replaceChildren(heading, element("p", {}, told), table, element("div", { className: "s2g-turn" }, back, hand));
    this.#showPalette();
    heading.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: "start", behavior: "instant" });
  }

  #stateOf(id, question) {
    const response = this.sitting.state.responses[id] ?? null;
    if (response === null) return { text: "no answer", isOpen: true };
    const { problem } = field(question, { order: "", response, change() {}, strike() {} });
    return { text: problem() || "answered", isOpen: Boolean(problem()) };
  }
}

export function time(ms) {
  const seconds = Math.ceil(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}
