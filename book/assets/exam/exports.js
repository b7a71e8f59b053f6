// What leaves the page, as files that the reader saves: nothing is sent anywhere.
import { element } from "../widgets/parts.js";
import { modelAnswer, rights } from "./grading.js";
import { written } from "./markup.js";

export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// One JSON object a line, the form that `seq2gpt exam stats --file` reads; what was set aside comes along.
export function asJson(entries, aside) {
  const lines = [{ seq2gpt_exam: 1 }, ...entries];
  if (aside.length) lines.push({ kind: "aside", at: new Date().toISOString(), records: aside });
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}

// The entries of such a file. Throws for any other.
export function fromJson(text) {
  const [head, ...lines] = text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
  if (head?.seq2gpt_exam !== 1) throw new Error("this is no history of seq2gpt");
  return lines.filter((entry) => entry.kind && entry.kind !== "aside" && !Number.isNaN(Date.parse(entry.at)));
}

const COLUMNS = ["at", "session", "item", "version", "variant", "points", "seconds", "response", "misconceptions"];

export function asCsv(answers) {
  const cell = (value) => {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
    const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text; // no formula for a spreadsheet
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = answers.map((answer) => COLUMNS.map((name) => cell(answer[name])).join(","));
  return `${[COLUMNS.join(","), ...rows].join("\r\n")}\r\n`;
}

// Notes that Anki imports as text: the id first, so that a later import updates and keeps what was learned.
export function asAnki(bank, items) {
  const head = ["#separator:tab", "#html:true", "#notetype:Basic", "#deck:seq2gpt", "#guid column:1", "#tags column:4"];
  const rows = items.map((item) => {
    const question = bank.question(item.id);
    return [item.id, front(question), back(question), `seq2gpt ${item.objectives.join(" ")}`].join("\t");
  });
  return `${[...head, ...rows].join("\n")}\n`;
}

const escaped = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\t", "    ");
const html = (text) => escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>").replace(/\s*\n\s*/g, " ");
const code = (text) => `<pre>${escaped(text.trimEnd()).replaceAll("\n", "<br>")}</pre>`;
const list = (texts, tag = "ul") => `<${tag}>${texts.map((text) => `<li>${html(text)}</li>`).join("")}</${tag}>`;

function front({ stem, stimulus = {}, interaction }) {
  const { options, steps, distractor_steps: extra = [], pairs } = interaction;
  const parts = [`<p>${html(stem)}</p>`];
  if (stimulus.code) parts.push(code(stimulus.code.text));
  for (const [name, values] of Object.entries(stimulus.tensors ?? {})) parts.push(code(`${name} = ${JSON.stringify(values)}`));
  if (options) parts.push(list(options.map((option) => option.text)));
  if (steps) parts.push(list([...steps, ...extra].sort()));
  if (pairs) parts.push(list(pairs.map((pair) => pair.left)), list(rights(interaction).sort()));
  return parts.join("");
}

function back(question) {
  return `${answerText(question).map((text) => `<p><b>${html(text)}</b></p>`).join("")}<p>${html(question.explanation)}</p>`;
}

// The right answer in words, line by line.
export function answerText(question) {
  const { interaction } = question;
  const { kind, options, steps, pairs, unit = "" } = interaction;
  switch (kind) {
    case "single": case "multiple": return options.filter((option) => option.correct).map((option) => option.text);
    case "ordering": return steps.map((step, i) => `${i + 1}. ${step}`);
    case "matching": return pairs.map((pair) => `${pair.left} → ${pair.right}`);
    case "short": return [interaction.model_answer];
    case "hotspot": return interaction.targets.map((target) => target.label);
    default: return [`${written(modelAnswer(question))} ${unit}`.trim()];
  }
}
