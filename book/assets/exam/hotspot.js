// A question that is answered in a figure: its parts become check boxes of the figure; words are the other way.
import { element } from "../widgets/parts.js";

// `inWords` makes the field of the alternative in words.
export function hotspot({ targets, decoys = [] }, { response, change, figure }, inWords) {
  const node = element("div", { className: "s2g-field" });
  node.dataset.kind = "hotspot";
  const chosen = new Set(Array.isArray(response) ? response : []);
  const names = [...targets.map((target) => target.svg_id), ...decoys];
  const how = element("p", { className: "s2g-how" }, `Mark ${targets.length === 1 ? "one place" : `${targets.length} places`} in the figure.`);
  const toggle = element("button", { type: "button", className: "s2g-quiet" });
  let words = typeof response === "string" || !figure;
  const show = () => {
    toggle.textContent = words ? "Answer in the figure instead" : "Answer in words instead";
    toggle.hidden = !figure;
    node.replaceChildren(...(words ? [inWords().node] : [how, drawing()]), toggle);
  };
  toggle.onclick = () => {
    words = !words;
    chosen.clear();
    change(null);
    show();
    toggle.focus();
  };
  const drawing = () => {
    const svg = document.importNode(new DOMParser().parseFromString(figure.svg, "image/svg+xml").documentElement, true);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", figure.alt);
    for (const name of names) part(svg, name, targets.find((target) => target.svg_id === name)?.label ?? name);
    return element("div", { className: "s2g-figure-field" }, svg);
  };
  const part = (svg, name, label) => {
    const place = svg.querySelector(`#${CSS.escape(name)}`);
    if (!place) return;
    place.setAttribute("role", "checkbox");
    place.setAttribute("tabindex", "0");
    place.setAttribute("aria-label", place.querySelector("title")?.textContent ?? (place.textContent.trim() || label));
    place.classList.add("s2g-spot");
    const mark = () => place.setAttribute("aria-checked", chosen.has(name));
    const press = () => {
      if (!chosen.delete(name)) chosen.add(name);
      mark();
      change(chosen.size ? [...chosen] : null);
    };
    place.addEventListener("click", press);
    place.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      press();
    });
    mark();
  };
  show();
  return { node, problem: () => (chosen.size && chosen.size !== targets.length ? `mark ${targets.length}, you marked ${chosen.size}` : "") };
}
