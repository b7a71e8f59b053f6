// Flash cards: think of the answer, turn the card, say how well you knew it; FSRS decides when it comes again.
import { element } from "../widgets/parts.js";
import { asked } from "./asked.js";
import { optionsShown } from "./fields.js";
import { readOn } from "./feedback.js";
import { answerText } from "./exports.js";
import { rights } from "./grading.js";
import { inline } from "./markup.js";
import { cards, Rating, reviewed } from "./schedule.js";
import { shuffled } from "./drawing.js";

const GRADES = ["Again", "Hard", "Good", "Easy"];

export class Cards {
  #n = 0;

  constructor({ bank, history, queue, close }) {
    Object.assign(this, { bank, history, queue: [...queue], close });
    this.place = element("p", { className: "s2g-place" });
    this.stage = element("div", { className: "s2g-stage" });
    const stop = element("button", { type: "button", className: "s2g-quiet", textContent: "Stop", onclick: close });
    this.node = element("div", { className: "s2g-practice" }, element("div", { className: "s2g-top" }, element("h2", { tabIndex: -1 }, "Flash cards"), this.place, element("div", { className: "s2g-line-up" }, stop)), this.stage);
  }

  enter() { this.#front(); }

  #front() {
    const item = this.queue.shift();
    if (!item) {
      const back = element("button", { type: "button", className: "s2g-main", textContent: "Back to the start", onclick: this.close });
      this.place.textContent = "";
      this.#put(`${this.#n} cards turned`, element("p", {}, "No more cards for now."), element("div", { className: "s2g-turn" }, back));
      return;
    }
    const entries = this.history.entries;
    const variant = entries.filter((entry) => entry.item === item.id).length;
    const question = this.bank.question(item.id, variant);
    this.place.textContent = `${this.queue.length + 1} left`;
    const turn = element("button", { type: "button", className: "s2g-main", textContent: "Turn the card", onclick: () => this.#back(item, question, entries) });
    this.#put("Think of the answer", asked(this.bank, question), ...this.#choices(question), element("div", { className: "s2g-turn" }, turn));
  }

  #choices({ id, interaction }) { // to choose from, with no mark on any
    const list = (texts) => element("ul", {}, ...texts.map((text) => element("li", {}, ...inline(text))));
    if (interaction.options) return [list(optionsShown(interaction, id).map((option) => option.text))];
    if (interaction.steps) return [list(shuffled([...interaction.steps, ...(interaction.distractor_steps ?? [])], id))];
    if (interaction.pairs) return [list(interaction.pairs.map((pair) => pair.left)), list(shuffled(rights(interaction), id))];
    return [];
  }

  #back(item, question, entries) {
    const now = this.history.now();
    const card = cards(entries).get(`${item.id} ${item.version}`);
    const buttons = GRADES.map((name) => {
      const grade = Rating[name];
      const wait = reviewed(card, grade, now).due - now;
      const button = element("button", { type: "button", className: name === "Good" ? "s2g-main" : "" }, name, element("small", {}, waiting(wait)));
      button.onclick = () => {
        this.#n += 1;
        this.history.add([{ kind: "card", item: item.id, version: item.version, rating: grade }]);
        if (grade === Rating.Again) this.queue.push(item);
        this.#front();
      };
      return button;
    });
    const answer = element("div", { className: "s2g-back" }, ...answerText(question).map((text) => element("p", {}, element("b", {}, ...inline(text)))));
    const ask = element("p", { className: "s2g-part" }, "How well did you know it?");
    this.#put("The answer", asked(this.bank, question), answer, readOn(this.bank, question), ask, element("div", { className: "s2g-turn s2g-grades", role: "group", ariaLabel: "How well did you know it?" }, ...buttons));
  }

  #put(title, ...nodes) {
    const heading = element("h3", { tabIndex: -1 }, title);
    this.stage.replaceChildren(heading, ...nodes);
    heading.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: "start", behavior: "instant" });
  }
}

export function waiting(ms) {
  const minutes = Math.round(ms / 60e3);
  if (minutes < 60) return `${minutes} min`;
  const days = Math.round(ms / 86400e3);
  return days < 60 ? `${days} day${days === 1 ? "" : "s"}` : `${Math.round(days / 30)} months`;
}
