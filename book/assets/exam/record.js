// What was done so far: exams, points by domain, and files to keep or to bring back.
import { element } from "../widgets/parts.js";
import { band, byDomain, estimate, graded, scaled } from "./estimates.js";
import { asAnki, asCsv, asJson, fromJson, save } from "./exports.js";
import { listed } from "./history.js";
import { believed, domains } from "./report.js";

export function record(bank, history, storage, { open, back, say, again }) {
  const answers = history.answers();
  const gone = history.gone();
  const known = answers.filter((answer) => bank.byId.has(answer.item));
  const asked = new Set(answers.map((answer) => answer.item));
  const told = [element("p", {}, answers.length ? `${answers.length} answers to ${asked.size} questions; the bank has ${bank.items.length}.` : "No answers yet. What you do here is listed here.")];
  if (gone.length) told.push(element("p", {}, `The bank has no more in the same form: ${listed(gone)}. Your answers to them are kept.`));
  return element(
    "div", {}, element("h2", { tabIndex: -1 }, "What you have done"), ...told,
    exams(bank, history, open), domains(bank, byDomain(answers)), believed(bank, known),
    files(bank, history, storage, { say, again }), element("div", { className: "s2g-turn" }, element("button", { type: "button", textContent: "Back to the start", onclick: back })),
  );
}

function exams(bank, history, open) {
  const rows = history.exams().map((exam) => {
    const found = estimate(graded(exam.answers).map((answer) => answer.points));
    const { score, error } = scaled(found);
    const day = new Date(exam.end.at).toLocaleDateString([], { dateStyle: "medium" });
    const button = element("button", { type: "button", className: "s2g-link", onclick: () => open(exam), ariaLabel: `Open the result of ${day}` }, "open");
    const title = exam.start.title ?? bank.profiles[exam.start.profile]?.title ?? exam.start.profile;
    return element("tr", {}, element("td", {}, day), element("td", {}, title), element("td", {}, `${score} ± ${error}`), element("td", {}, band(found)), element("td", {}, button));
  });
  if (!rows.length) return "";
  const head = element("tr", {}, ...["Day", "Exam", "Estimate", "What it says", "Result"].map((name) => element("th", { scope: "col" }, name)));
  return element("div", {}, element("h3", {}, "Mock exams"), element("div", { className: "s2g-scroll", tabIndex: 0, role: "region", ariaLabel: "Mock exams" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))));
}

function files(bank, history, storage, { say, again }) {
  const button = (text, act) => element("button", { type: "button", textContent: text, onclick: act });
  const met = () => bank.items.filter((item) => history.seen().has(item.id));
  const picker = element("input", { type: "file", accept: ".jsonl,.json,application/json", hidden: true });
  picker.onchange = async () => {
    try {
      const n = history.bringBack(fromJson(await picker.files[0].text()));
      say(`${n} entries were brought back.`);
      again();
    } catch (error) {
      say(`That file was not read: ${error.message}. Choose one that “Save as JSON” wrote.`);
    }
  };
  return element(
    "div", {}, element("h3", {}, "Keep it, or take it along"),
    element("p", {}, "All of this is stored in this browser and nowhere else. The JSON file can be brought back here, in another browser too, and ", element("code", {}, "seq2gpt exam stats --file"), " reads it. The Anki file holds the questions that you have met; a later one updates its notes."),
    element("div", { className: "s2g-line-up" },
      button("Save as JSON", () => save("seq2gpt-exam.jsonl", asJson(history.entries, storage.aside()), "application/json")),
      button("Save as CSV", () => save("seq2gpt-exam.csv", asCsv(history.answers()), "text/csv")),
      button("Save for Anki", () => save("seq2gpt-anki.txt", asAnki(bank, met()), "text/plain")),
      button("Bring back a JSON file", () => picker.click()), picker),
  );
}
