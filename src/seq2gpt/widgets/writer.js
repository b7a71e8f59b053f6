// A GPT that writes, with one thing to change: how it begins, or how daring it is. Its weights are fetched when it is asked to write,
// or, with the setting unasked, once the page has loaded: then the small ones, which lie beside this file, do.
// One anywidget module: JupyterLab runs it beside a kernel, the site without one. The engine is gpt.js.
import { draw, encode, fetchBytes, modelOf, randomFrom, rank, readModel } from "./gpt.js";
import { element, slider, stored } from "./parts.js";

const DEFAULTS = { prompt: "The function returns", temperature: 0.5, seed: 0, length: 110, sample: "", model_url: "", unasked: false };
const MOST = { temperature: 2, seed: 2 ** 32 - 1, length: 1000 };
const PACE = 14; // milliseconds for a character, so that the eye can follow

// The characters that follow the prompt, one by one; throws where the prompt does not suit the model.
export function* continued({ prompt, temperature, seed, length }, file) {
  const { context_length: room } = file.config;
  const gpt = modelOf(file);
  const ids = encode(prompt, file.symbols).slice(1 - room); // of a long beginning the model sees the end
  const random = randomFrom(seed);
  let logits;
  for (const id of ids) logits = gpt.step(id);
  for (let count = 0; count < Math.min(length, room - ids.length); count++) {
    const id = draw(rank(logits, { temperature }), random);
    yield file.symbols[id];
    if (gpt.length < room) logits = gpt.step(id);
  }
}

const TEMPLATE = `
  <div class="s2g-written" role="region" aria-label="The text" tabindex="0" dir="auto"><b></b><span></span></div>
  <div class="s2g-row">
    <label class="s2g-line">It begins with
      <input type="text" class="s2g-text" dir="auto" spellcheck="false" autocomplete="off" autocapitalize="none"></label>
    <button type="button" class="s2g-main">Write</button>
  </div>
  <p class="s2g-notice" role="status"></p>`;

function render({ model, el }) {
  const root = element("div", { className: "s2g-root s2g-writer" });
  root.innerHTML = TEMPLATE; // constant markup, nothing typed
  root.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = ""; }); // or JupyterLab takes its keys
  const find = (selector) => root.querySelector(selector);
  const sensible = (name, value) => (typeof value === typeof DEFAULTS[name] && !(value < 0 || value > MOST[name]) ? value : DEFAULTS[name]);
  const state = () => Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, sensible(name, model.get(name))]));
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const [text, write, notice] = [".s2g-text", ".s2g-main", ".s2g-notice"].map(find);
  const daring = slider("Temperature", { min: 0, max: 2, step: 0.1 }, (value) => set("temperature", value));
  write.before(daring.node);
  const unhurried = matchMedia("(prefers-reduced-motion: reduce)");
  const files = new Map(); // by address; the small one's is ""
  let [source, job] = [null, 0]; // which of them wrote last, and the newest text, which ends the others

  async function weights(address) {
    if (!address) return Uint8Array.from(atob((await stored(model, "weights", "writer_model.json")).model), (character) => character.charCodeAt(0));
    return fetchBytes(new URL(address, new URL("..", import.meta.url)), (received, total) => { // in _static
      if (total) notice.textContent = `Loading its weights: ${Math.round((100 * received) / total)} % of ${(total / 1e6).toFixed(1)} MB`;
    });
  }

  async function begin(address, unasked = false) {
    const own = ++job;
    const said = find(".s2g-written span");
    source = address;
    write.disabled = !unasked; // what nobody asked for holds nobody up
    notice.textContent = files.has(address) || unasked ? "" : "Loading its weights …";
    try {
      if (!files.has(address)) files.set(address, readModel(await weights(address)));
      if (own !== job) return;
      const now = state();
      const characters = continued(now, files.get(address));
      const first = characters.next();
      notice.textContent = "";
      find(".s2g-written b").textContent = now.prompt;
      said.textContent = first.value ?? "";
      for (const character of characters) {
        if (!unhurried.matches) await new Promise((resolve) => { setTimeout(resolve, PACE); });
        if (own !== job) return;
        said.textContent += character;
        find(".s2g-written").scrollTop = find(".s2g-written").scrollHeight;
      }
      set("seed", now.seed + 1); // another text next time
    } catch (error) {
      if (own === job) notice.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
    } finally {
      if (own === job) write.disabled = false;
    }
  }

  function beginUnasked() {
    const start = () => (window.requestIdleCallback ?? setTimeout)(() => { if (job === 0) begin("", true); });
    if (document.readyState === "complete") start();
    else window.addEventListener("load", start, { once: true });
  }

  function show() {
    const now = state();
    if (text.value !== now.prompt) text.value = now.prompt;
    daring.show(now.temperature, now.temperature === 0 ? "0, the safest" : now.temperature.toFixed(1));
  }

  text.oninput = () => set("prompt", text.value);
  const asked = () => begin(state().model_url);
  text.onkeydown = ({ key }) => { if (key === "Enter" && !write.disabled) asked(); };
  daring.input.onchange = () => { if (source !== null) begin(source); };
  write.onclick = asked;
  const names = ["prompt", "temperature"];
  names.forEach((name) => model.on(`change:${name}`, show));
  show();
  find(".s2g-written b").textContent = state().prompt;
  find(".s2g-written span").textContent = state().sample;
  el.append(root);
  if (state().unasked && !navigator.connection?.saveData) beginUnasked();
  return () => { job++; names.forEach((name) => model.off(`change:${name}`, show)); };
}

export default { render };
