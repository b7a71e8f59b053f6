// The bank's Markdown as nodes: `code`, *emphasis*, **strong**, paragraphs and lists. No text becomes a tag.
import { element } from "../widgets/parts.js";

const INLINE = /(`+)(.+?)\1|\*\*([^*]+)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*/gs;

export function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of String(text).matchAll(INLINE)) {
    nodes.push(text.slice(end, found.index));
    const [whole, , code, strong, emphasis] = found;
    if (code !== undefined) nodes.push(element("code", {}, code.trim()));
    else if (strong !== undefined) nodes.push(element("strong", {}, strong));
    else nodes.push(element("em", {}, emphasis));
    end = found.index + whole.length;
  }
  nodes.push(String(text).slice(end));
  return nodes;
}

export function blocks(text) {
  return String(text).trim().split(/\n\s*\n/).map((part) => {
    const lines = part.split("\n");
    if (!lines.every((line) => line.startsWith("- "))) return element("p", {}, ...inline(part));
    return element("ul", {}, ...lines.map((line) => element("li", {}, ...inline(line.slice(2)))));
  });
}

// The same without marks, for names that are read aloud.
export const plain = (text) => inline(text).map((node) => node.textContent ?? node).join("");

// 1,048,576 and 10.52, as a reader writes them.
export function written(value) {
  if (Array.isArray(value)) return `(${value.join(", ")}${value.length === 1 ? "," : ""})`;
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(+value.toPrecision(4)).replace("-", "−");
}
