// How each kind of question is answered: native controls, so that mouse, touch and keyboard all do.
//
// field(question, { order, response, struck, change, strike, figure }) gives { node, problem() }: the controls, and
// what is wrong with what they hold, or "". `change(response)` and `strike(ids)` are called as the learner answers.
import { element } from "../widgets/parts.js";
import { shuffled } from "./drawing.js";
import { readNumber, readShape, rights } from "./grading.js";
import { hotspot } from "./hotspot.js";
import { inline, plain } from "./markup.js";

const LETTERS = "abcdefghijklmnop";
const INSTRUCTIONS = {
  single: "Choose one answer.",
  ordering: "Put the steps in order. Leave out a step that does not belong.",
  matching: "Choose a partner for each entry.",
  numeric: "Answer with a number, such as 0.25, 1/4 or 1,024.",
  shape: "Answer with a shape, such as (2, 3).",
  short: "Answer in one to three sentences.",
};
const COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];
let unique = 0;

export const instruction = ({ interaction: { kind, select, targets } }) =>
  INSTRUCTIONS[kind] ?? (kind === "hotspot" ? `Mark ${COUNTS[targets.length]} place${targets.length > 1 ? "s" : ""} in the figure.` : `Choose ${COUNTS[select]} answers.`);

export function field(question, settings) {
  const { interaction } = question;
  const make = { single: choice, multiple: choice, ordering, matching, numeric: line, shape: line, short: text, hotspot: spots }[interaction.kind];
  return make(interaction, { ...settings, question });
}

// The options in the order in which this learner sees them.
export function optionsShown({ options, shuffle = true }, order) {
  return !shuffle || options.some((option) => option.lock) ? options : shuffled(options, order);
}

function choice(interaction, { order, response, struck = [], change, strike, question }) {
  const isSingle = interaction.kind === "single";
  const name = `choice-${unique++}`;
  const chosen = new Set(isSingle ? [response] : response ?? []);
  const out = new Set(struck);
  const rows = optionsShown(interaction, order).map((option, place) => {
    const input = element("input", { type: isSingle ? "radio" : "checkbox", name, value: option.id, checked: chosen.has(option.id) });
    const words = element("span", { className: "s2g-option-text" }, ...inline(option.text));
    const label = element("label", {}, input, element("b", { ariaHidden: "true" }, LETTERS[place].toUpperCase()), words);
    const button = element("button", { type: "button", className: "s2g-strike", title: "Strike out" }, element("span", { ariaHidden: "true" }, "✕"));
    const row = element("div", { className: "s2g-option" }, label, ...(strike ? [button] : []));
    const showStruck = () => {
      row.classList.toggle("s2g-struck", out.has(option.id));
      button.setAttribute("aria-pressed", out.has(option.id));
      button.ariaLabel = `Strike out: ${plain(option.text)}`;
    };
    input.onchange = () => {
      if (isSingle) chosen.clear();
      if (input.checked) chosen.add(option.id); else chosen.delete(option.id);
      report();
    };
    button.onclick = () => {
      if (!out.delete(option.id)) out.add(option.id);
      showStruck();
      strike([...out]);
    };
    showStruck();
    return row;
  });
  const count = element("p", { className: "s2g-counted", role: "status" });
  const clear = element("button", { type: "button", className: "s2g-quiet", textContent: "Clear the answer" });
  const show = () => {
    clear.hidden = !chosen.size || chosen.has(null) || chosen.has(undefined);
    count.textContent = isSingle ? "" : `${chosen.size} of ${interaction.select} chosen`;
  };
  const report = () => {
    const ids = interaction.options.map((option) => option.id).filter((id) => chosen.has(id));
    show();
    change(ids.length ? (isSingle ? ids[0] : ids) : null);
  };
  clear.onclick = () => {
    chosen.clear();
    for (const input of set.querySelectorAll("input")) input.checked = false;
    report();
    set.querySelector("input").focus();
  };
  const set = element("fieldset", {}, element("legend", {}, instruction({ interaction })), ...rows, element("div", { className: "s2g-line-up" }, count, clear));
  set.dataset.kind = question.interaction.kind;
  show();
  return { node: set, problem: () => (!isSingle && chosen.size && chosen.size !== interaction.select ? `choose ${interaction.select}, you chose ${chosen.size}` : "") };
}

function ordering({ steps, distractor_steps: extra = [] }, { order, response, change }) {
  const texts = [...steps, ...extra];
  const all = shuffled([...texts.keys()], order);
  let turn = response ?? [];
  const status = element("p", { className: "s2g-hidden", role: "status" });
  const chosen = element("ol", { className: "s2g-steps" });
  const rest = element("ul", { className: "s2g-steps" });
  const act = (sign, title, place, then) => {
    const button = element("button", { type: "button", title, ariaLabel: `${title}: ${plain(texts[place])}` }, element("span", { ariaHidden: "true" }, sign));
    button.dataset.act = `${title} ${place}`;
    button.onclick = () => {
      then();
      show();
      change(turn.length ? turn : null);
      const next = [button.dataset.act, `Earlier ${place}`, `Later ${place}`, `Leave out ${place}`, `Add ${place}`];
      next.map((name) => set.querySelector(`[data-act="${name}"]:enabled`)).find(Boolean)?.focus();
      const at = turn.indexOf(place);
      status.textContent = at < 0 ? `left out: ${plain(texts[place])}` : `${at + 1} of ${turn.length}: ${plain(texts[place])}`;
    };
    return button;
  };
  const move = (from, to) => () => { turn = turn.with(from, turn[to]).with(to, turn[from]); };
  const show = () => {
    chosen.replaceChildren(...turn.map((place, at) => {
      const earlier = act("↑", "Earlier", place, at > 0 ? move(at, at - 1) : null);
      const later = act("↓", "Later", place, at < turn.length - 1 ? move(at, at + 1) : null);
      earlier.disabled = at === 0;
      later.disabled = at === turn.length - 1;
      const out = act("✕", "Leave out", place, () => { turn = turn.filter((other) => other !== place); });
      return element("li", {}, element("div", { className: "s2g-step" }, element("span", {}, ...inline(texts[place])), element("span", { className: "s2g-acts" }, earlier, later, out)));
    }));
    rest.replaceChildren(...all.filter((place) => !turn.includes(place)).map((place) => {
      const add = act("+", "Add", place, () => { turn = [...turn, place]; });
      add.append(element("span", { className: "s2g-option-text" }, ...inline(texts[place])));
      return element("li", {}, add);
    }));
    empty.hidden = turn.length > 0;
    left.hidden = turn.length === texts.length;
  };
  const empty = element("p", { className: "s2g-counted", textContent: "Nothing yet: add the first step." });
  const left = element("div", {}, element("p", { className: "s2g-part" }, "Steps to add"), rest);
  const set = element("fieldset", {}, element("legend", {}, INSTRUCTIONS.ordering), element("p", { className: "s2g-part" }, "Your order"), empty, chosen, left, status);
  set.dataset.kind = "ordering";
  show();
  return { node: set, problem: () => (turn.length && turn.length < steps.length ? `${turn.length} steps in order, there are at least ${steps.length}` : "") };
}

function matching(interaction, { order, response, change }) {
  const texts = rights(interaction);
  const shown = shuffled([...texts.keys()], order);
  const given = interaction.pairs.map((_, i) => response?.[i] ?? null);
  const rows = interaction.pairs.map((pair, i) => {
    const select = element("select", {}, element("option", { value: "", textContent: "choose" }));
    shown.forEach((place, at) => select.append(element("option", { value: place, textContent: `${LETTERS[at].toUpperCase()} · ${plain(texts[place])}`, selected: given[i] === place })));
    select.onchange = () => {
      given[i] = select.value === "" ? null : Number(select.value);
      change(given.every((place) => place === null) ? null : [...given]);
    };
    return element("label", { className: "s2g-pair" }, element("span", {}, ...inline(pair.left)), select);
  });
  const partners = element("ol", { className: "s2g-partners", type: "A" }, ...shown.map((place) => element("li", {}, ...inline(texts[place]))));
  const set = element("fieldset", {}, element("legend", {}, INSTRUCTIONS.matching), partners, ...rows);
  set.dataset.kind = "matching";
  const open = () => given.filter((place) => place === null).length;
  return { node: set, problem: () => (open() && open() < given.length ? `${open()} of ${given.length} have no partner yet` : "") };
}

function line({ kind, unit }, { response, change }) {
  const read = kind === "numeric" ? readNumber : readShape;
  const id = `answer-${unique++}`;
  const input = element("input", { type: "text", id, value: response ?? "", autocomplete: "off", spellcheck: false, inputMode: "text" });
  const told = element("p", { className: "s2g-told", id: `${id}-told`, role: "status" });
  input.setAttribute("aria-describedby", `${id}-how ${id}-told`);
  const problem = () => {
    try {
      if (input.value.trim()) read(input.value);
      return "";
    } catch (error) {
      return error.message;
    }
  };
  const show = () => {
    told.textContent = problem();
    input.ariaInvalid = String(Boolean(told.textContent));
  };
  input.oninput = () => { if (told.textContent) show(); change(input.value.trim() ? input.value.trim() : null); };
  input.onchange = show;
  if (response) show();
  const how = element("p", { className: "s2g-how", id: `${id}-how` }, INSTRUCTIONS[kind]);
  const label = element("label", { className: "s2g-line-answer", htmlFor: id }, "Your answer");
  const node = element("div", { className: "s2g-field" }, how, label, element("div", { className: "s2g-line-up" }, input, ...(unit ? [element("span", {}, unit)] : [])), told);
  node.dataset.kind = kind;
  return { node, problem };
}

function text(_, { response, change }) {
  const id = `answer-${unique++}`;
  const area = element("textarea", { id, rows: 4, value: response ?? "" });
  area.oninput = () => change(area.value.trim() ? area.value : null);
  const node = element("div", { className: "s2g-field" }, element("label", { htmlFor: id }, INSTRUCTIONS.short), area);
  node.dataset.kind = "short";
  return { node, problem: () => "" };
}

function spots(interaction, settings) {
  return hotspot(interaction, settings, () => choice({ ...interaction.text_alternative, kind: "single" }, { ...settings, strike: null }));
}
