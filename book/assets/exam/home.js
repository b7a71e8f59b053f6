// The first view: go on with an exam, begin one, drill, review, turn cards, look back.
import { element } from "../widgets/parts.js";
import { band } from "./estimates.js";
import { time } from "./room.js";
import { EXTRA } from "./sitting.js";

const COUNTS = [5, 10, 20, 40];

export function home({ bank, sitting, nLate, nFresh, wait, found, chosen, acts }) {
  return element(
    "div", { className: "s2g-home" },
    ...(sitting ? [unfinished(sitting, acts)] : []), mock(bank, sitting, acts),
    element("div", { className: "s2g-two" }, reviewPart(nLate, nFresh, wait, acts), lookBack(acts)),
    drills(bank, found, chosen, acts),
  );
}

const main = (text, onclick) => element("button", { type: "button", className: "s2g-main", textContent: text, onclick });
const other = (text, onclick) => element("button", { type: "button", textContent: text, onclick });
const part = (title, ...nodes) => element("section", { className: "s2g-part-card" }, element("h2", {}, title), ...nodes);

function unfinished(sitting, acts) {
  const { state } = sitting;
  const left = state.left === null ? "no time limit" : `${time(state.left)} left`;
  const sure = element("div", { className: "s2g-line-up", hidden: true }, element("span", {}, "Put this exam aside, ungraded?"), other("Yes, put it aside", acts.discard));
  const drop = other("Put it aside …", () => { sure.hidden = !sure.hidden; });
  const node = part("Your exam is not handed in", element("p", {}, `${state.title}: ${sitting.nAnswered} of ${sitting.size} answered, ${left}. Every answer is stored; the clock stood still while you were away.`), ...state.notes.map((note) => element("p", {}, note)), element("div", { className: "s2g-line-up" }, main("Go on", acts.resume), other("Hand in as it is", acts.handIn), drop), sure);
  node.classList.add("s2g-now");
  return node;
}

function mock(bank, sitting, acts) {
  const profiles = Object.entries(bank.profiles).map(([name, profile]) => ({ name, ...profile }));
  const choice = element("select", { id: "s2g-profile" }, ...profiles.map(({ name, title }) => element("option", { value: name, textContent: title })));
  const extra = element("select", { id: "s2g-extra" }, ...Object.entries(EXTRA).map(([value, textContent]) => element("option", { value, textContent })));
  const about = element("p", { className: "s2g-how", role: "status" });
  const chosen = () => profiles.find(({ name }) => name === choice.value);
  const show = () => {
    const { n_items: n, minutes, domains, verify_by: day } = chosen();
    const parts = Object.keys(domains).map((name) => bank.domains[name] ?? name);
    about.textContent = `${n} questions in ${minutes} minutes: ${parts.join(", ")}. ${day ? `By the course's own reading of the vendor's guide, to be looked up again by ${day}; the vendor has no part in it.` : ""}`;
  };
  choice.onchange = show;
  show();
  const begin = main("Begin", () => acts.begin(chosen(), extra.value));
  begin.disabled = Boolean(sitting);
  const fields = element("div", { className: "s2g-fields" }, element("label", {}, "Exam", choice), element("label", {}, "Extra time", extra));
  const first = sitting ? [element("p", {}, "Hand in the exam above first, or put it aside.")] : [];
  return part("A mock exam", element("p", {}, "As on the day: a clock, no help, reasons only at the end. Questions that you have not met come first, some of which are kept for exams alone."), fields, about, ...first, element("div", { className: "s2g-line-up" }, begin));
}

function reviewPart(nLate, nFresh, wait, acts) {
  const n = nLate + nFresh;
  const told = nLate ? `${nLate} question${nLate === 1 ? " is" : "s are"} due, and ${nFresh} new.` : `Nothing is due${wait ? `; the next comes in ${wait}` : ""}. ${nFresh} new.`;
  const begin = main("Review", acts.review);
  begin.disabled = !n;
  return part("Daily review", element("p", {}, "Each question comes back shortly before you would forget it."), element("p", {}, told), element("div", { className: "s2g-line-up" }, begin));
}

function lookBack(acts) {
  return part("What you have done", element("p", {}, "Your exams, where you stand in each domain, and files to keep: JSON, CSV, Anki."), element("div", { className: "s2g-line-up" }, other("Look back", acts.record)));
}

function drills(bank, found, chosen, acts) {
  const names = [...new Set(bank.forPractice().map((item) => bank.domainOf(item)))].sort();
  const boxes = names.map((name) => {
    const input = element("input", { type: "checkbox", value: name, checked: chosen.domains?.includes(name) ?? true });
    const state = found[name] ? `${found[name].percent.toFixed(0)} %, ${band(found[name])}` : "not asked yet";
    return element("label", { className: "s2g-domain" }, input, element("span", {}, bank.domains[name] ?? name, element("small", {}, state)));
  });
  const count = element("select", {}, ...COUNTS.map((n) => element("option", { value: n, textContent: `${n} questions`, selected: n === chosen.count })));
  const told = element("p", { className: "s2g-told", role: "status" });
  const start = (act, isAdaptive = false) => () => {
    const domains = boxes.map((box) => box.querySelector("input")).filter((input) => input.checked).map((input) => input.value);
    if (domains.length) act({ domains, count: Number(count.value), isAdaptive });
    else told.textContent = "Choose one domain at least.";
  };
  const none = other("Choose none", () => {
    const inputs = boxes.map((box) => box.querySelector("input"));
    const anyChosen = inputs.some((input) => input.checked);
    for (const input of inputs) input.checked = !anyChosen;
    none.textContent = anyChosen ? "Choose all" : "Choose none";
  });
  none.className = "s2g-quiet";
  return part(
    "Drills and flash cards",
    element("fieldset", {}, element("legend", {}, "Domains"), element("div", { className: "s2g-domains" }, ...boxes), none),
    element("div", { className: "s2g-fields" }, element("label", {}, "How many", count)),
    element("div", { className: "s2g-line-up" }, main("Drill", start(acts.drill)), other("Adaptive drill", start(acts.drill, true)), other("Flash cards", start(acts.cards))), told,
    element("p", { className: "s2g-how" }, "A drill takes questions that you have not met first. An adaptive drill asks what is about as hard as you can do: after a right answer a harder one, after a wrong one an easier one. Cards are turned over, and you say how well you knew them."),
  );
}
