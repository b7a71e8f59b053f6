// The exam area of the site: puts the questions, what this browser remembers and the views together.
import { element } from "../widgets/parts.js";
import { Bank } from "./bank.js";
import { Cards, waiting } from "./cards.js";
import { shuffled } from "./drawing.js";
import { byDomain } from "./estimates.js";
import { grade } from "./grading.js";
import { History } from "./history.js";
import { home } from "./home.js";
import { nearest, Practice, related } from "./practice.js";
import { record } from "./record.js";
import { report } from "./report.js";
import { Room } from "./room.js";
import { due } from "./schedule.js";
import { Sitting } from "./sitting.js";
import { Storage } from "./storage.js";

const NEW_A_DAY = 10;

class App {
  #view = null;
  #chosen = { count: 10 }; // of the drills and cards, for the next time

  constructor(root, bank) {
    this.bank = bank;
    this.storage = new Storage();
    this.history = new History(this.storage, bank);
    this.notes = element("div", { className: "s2g-notes", role: "status" });
    this.stage = element("div", { className: "s2g-view" });
    root.replaceChildren(this.notes, this.stage);
    this.#home(null, false);
  }

  say(text) {
    this.notes.replaceChildren(...[...this.storage.notes, text].filter(Boolean).map((line) => element("p", {}, line)));
  }

  #put(node, { focus = true, said = "" } = {}) {
    this.#view?.exit?.();
    this.#view = null;
    document.documentElement.classList.toggle("s2g-busy", !node.classList.contains("s2g-home"));
    this.stage.replaceChildren(node);
    this.say(said);
    if (focus) {
      node.querySelector("h2")?.focus({ preventScroll: true });
      this.notes.parentNode.scrollIntoView({ block: "start", behavior: "instant" });
    }
  }

  #enter(view) {
    this.#put(view.node, { focus: false });
    this.#view = view;
    view.enter();
  }

  #queue() {
    return due(this.bank.forPractice(), this.history.entries, this.history.now());
  }

  #home(said = "", focus = true) {
    const sitting = Sitting.resume(this.storage, this.history, this.bank);
    const { late, fresh, next } = this.#queue();
    const acts = {
      resume: () => this.#sit(sitting),
      handIn: () => this.#result(sitting.handIn(this.bank, grade, "handed in")),
      discard: () => { sitting.discard(); this.#home("That exam was put aside. The export of your history still holds it."); },
      begin: (profile, extra) => this.#begin(Sitting.begin(this.storage, this.history, this.bank, profile, extra, `${profile.name} ${Date.now()}`)),
      drill: (chosen) => this.#drill(chosen),
      review: () => this.#practise("Daily review", [...late, ...shuffled(fresh, String(this.history.now())).slice(0, NEW_A_DAY)]),
      cards: (chosen) => this.#enter(new Cards({ bank: this.bank, history: this.history, queue: this.#cardQueue(chosen), close: () => this.#home() })),
      record: () => this.#record(),
    };
    const wait = Number.isFinite(next) ? waiting(Math.max(0, next - this.history.now())) : "";
    const found = byDomain(this.history.entries);
    this.#put(home({ bank: this.bank, sitting, nLate: late.length, nFresh: Math.min(NEW_A_DAY, fresh.length), wait, found, chosen: this.#chosen, acts }), { focus, said });
  }

  #begin(sitting) {
    if (sitting) this.#sit(sitting);
    else this.say("The bank has no questions for this exam yet; choose another.");
  }

  #sit(sitting) {
    this.#enter(new Room({
      bank: this.bank, sitting, say: (text) => this.say(text),
      done: (session, reason) => this.#result(session, reason === "time" ? "The time is up. Your answers were handed in." : "Handed in."),
      leave: (text = "The clock stands still while you are away. Go on whenever you like.") => this.#home(text),
    }));
  }

  #result(session, said = "Handed in.") {
    const exam = this.history.exams().find(({ start }) => start.session === session);
    this.#open(exam, said);
  }

  #open(exam, said = "") {
    this.#put(report(this.bank, exam, {
      train: (missed) => this.#practise("Train what I missed", related(this.bank, missed, exam.start.session), "There are no practice questions on what you missed."),
      back: () => this.#home(),
    }), { said });
  }

  #record(said = "") {
    this.#put(record(this.bank, this.history, this.storage, {
      open: (exam) => this.#open(exam), back: () => this.#home(), say: (text) => this.say(text), again: () => this.#record(this.notes.textContent),
    }), { said });
  }

  #practise(title, queue, closing = "Nothing is due, and no new questions are left.") {
    const next = (done) => queue[done.length] ?? null;
    this.#enter(new Practice({ bank: this.bank, history: this.history, title, next, total: queue.length, close: () => this.#home(), closing }));
  }

  #drill(chosen) {
    this.#chosen = chosen;
    const { domains, count, isAdaptive } = chosen;
    const items = this.bank.forPractice().filter((item) => domains.includes(this.bank.domainOf(item)));
    const seed = String(this.history.now());
    const seen = this.history.seen();
    const total = Math.min(count, items.length);
    const order = shuffled(items, seed).sort((a, b) => seen.has(a.id) - seen.has(b.id));
    const next = (done) => {
      if (done.length >= total) return null;
      return isAdaptive ? nearest(items, done, seen, seed) : order[done.length];
    };
    this.#enter(new Practice({ bank: this.bank, history: this.history, title: isAdaptive ? "Adaptive drill" : "Drill", next, total, close: () => this.#home() }));
  }

  #cardQueue(chosen) {
    this.#chosen = chosen;
    const { domains, count } = chosen;
    const { late, fresh } = this.#queue();
    return [...late, ...shuffled(fresh, String(this.history.now()))].filter((item) => domains.includes(this.bank.domainOf(item))).slice(0, count);
  }
}

const root = document.querySelector(".s2g-exam");
try {
  new App(root, await Bank.load(new URL("bank.json", import.meta.url)));
} catch (error) {
  console.error(error);
  root.prepend(element("p", { className: "s2g-failed", role: "alert" }, `The exam area could not start: ${error.message}.`));
}
