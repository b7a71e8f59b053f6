// The result of a mock exam: an estimate and how sure it is, each domain, the time, and every reason.
import { element } from "../widgets/parts.js";
import { asked } from "./asked.js";
import { band, byDomain, estimate, graded, scaled } from "./estimates.js";
import { readOn, reasons, verdict } from "./feedback.js";
import { plain } from "./markup.js";

const ESTIMATE = "An estimate from this one rehearsal, on a scale from 100 to 1000 as many vendors use. It is not equated to the scale of any vendor, and no pass mark belongs to it.";

// `train(ids)` starts practice of what was missed.
export function report(bank, { start, end, answers }, { train, back }) {
  const heading = element("h2", { tabIndex: -1 }, `Result: ${start.title ?? bank.profiles[start.profile]?.title ?? start.profile}`);
  const overall = estimate(graded(answers).map((answer) => answer.points));
  const { score, error } = scaled(overall);
  const missed = answers.filter((answer) => answer.points !== 1).map((answer) => answer.item);
  const buttons = element("div", { className: "s2g-line-up" }, element("button", { type: "button", className: "s2g-main", textContent: "Train what I missed", disabled: !missed.length, onclick: () => train(missed) }), element("button", { type: "button", textContent: "Back to the start", onclick: back }));
  return element(
    "div", { className: "s2g-report" }, heading,
    element("p", {}, `${ended(end)} ${new Date(end.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}${end.seconds === null ? "" : `, after ${minutes(end.seconds)}`}.`),
    element("p", { className: "s2g-score" }, element("b", {}, `${score} ± ${error}`), element("span", {}, ` ${overall.percent.toFixed(0)} % ± ${overall.error.toFixed(0)} of the points of ${overall.n} questions · ${band(overall)}`)),
    element("p", { className: "s2g-how" }, `${ESTIMATE} The figure behind ± is one standard error: about two times in three the truth lies within it.`),
    buttons, domains(bank, byDomain(answers)), believed(bank, answers), questions(bank, start, answers),
  );
}

const ended = (end) => (end.reason === "time" ? "The time was up; handed in by itself on" : "Handed in on");

export const minutes = (seconds) => (seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

// A table of domains with a bar for each share.
export function domains(bank, found) {
  const names = Object.keys(found);
  if (!names.length) return "";
  const rows = names.map((name) => {
    const { percent, error, n } = found[name];
    const bar = element("span", { className: "s2g-meter", ariaHidden: "true", "--share": `${percent}%` });
    return element("tr", {}, element("th", { scope: "row" }, bank.domains[name] ?? name), element("td", {}, bar, ` ${percent.toFixed(0)} % ± ${error.toFixed(0)}`), element("td", {}, band({ percent, n })));
  });
  const head = element("tr", {}, ...["Domain", "Points", "What it says"].map((name) => element("th", { scope: "col" }, name)));
  return element("div", { className: "s2g-scroll", tabIndex: 0, role: "region", ariaLabel: "Points by domain" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

// What the wrong answers take to be true, the most frequent first.
export function believed(bank, answers) {
  const counts = new Map();
  for (const name of answers.flatMap((answer) => answer.misconceptions ?? [])) if (bank.misconceptions[name]) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (!counts.size) return "";
  const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5).map(([name, n]) => element("li", {}, `${n} × ${bank.misconceptions[name]}`));
  return element("div", {}, element("h3", {}, "What your wrong answers take to be true"), element("ul", {}, ...rows));
}

function questions(bank, start, answers) {
  const rows = answers.map((answer, i) => {
    const head = `${i + 1}. ${verdict(answer.points)}`;
    if (!bank.has([answer.item, answer.version])) {
      return element("details", {}, element("summary", {}, head), element("p", {}, `${answer.item} is not in the bank any more in this form.`), ...answer.feedback.map((text) => element("p", {}, text)));
    }
    const question = bank.question(answer.item, answer.variant);
    const summary = element("summary", {}, element("span", { className: answer.points === 1 ? "s2g-right" : "s2g-wrong" }, head), ` ${plain(question.stem).slice(0, 70)}… `, element("span", { className: "s2g-how" }, `${minutes(answer.seconds)}, planned ${minutes(question.seconds ?? 60)}`));
    const details = element("details", { className: "s2g-asked-again" }, summary);
    details.ontoggle = () => { // drawn when it is opened: a long exam has many
      if (details.open && details.children.length === 1) details.append(asked(bank, question), reasons(question, answer.response, `${start.session} ${answer.item}`), readOn(bank, question));
    };
    return details;
  });
  const all = element("button", { type: "button", className: "s2g-quiet", textContent: "Open all", onclick: () => { for (const row of rows) row.open = true; } });
  return element("div", {}, element("h3", {}, "Every question, and why"), all, ...rows);
}
