// A model together with what it has read: a text that begins alike is not read from its start again.
import { encode, modelOf, tokenBudget } from "./gpt.js";

export const SLICE = 12; // milliseconds of work between two chances for the page to paint

export function pause() { // lets the page paint and react; timers would wait longer each time
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(null);
  });
}

export class Reader {
  constructor(file) {
    this.file = file;
    this.symbols = file.symbols;
    this.gpt = modelOf(file);
    this.ids = [];
  }

  get contextLength() { return this.gpt.config.context_length; }

  // The ids of a prompt that leaves room for at least one new character, or an Error.
  promptIds(prompt) {
    const ids = encode(prompt, this.symbols);
    if (tokenBudget(this.contextLength, ids.length, 1) < 1) {
      throw new Error(`the prompt fills the context of ${this.contextLength} characters; shorten it to leave room`);
    }
    return ids;
  }

  step(id) {
    this.ids.push(id);
    return this.gpt.step(id);
  }

  // The logits after all ids, or null when stopped() became true on the way.
  async read(ids, stopped) {
    const differ = ids.findIndex((id, i) => id !== this.ids[i]);
    const known = Math.min(differ === -1 ? ids.length : differ, ids.length - 1); // the last one gives the logits
    this.gpt.length = known;
    this.ids.length = known;
    let logits = null;
    let started = performance.now();
    for (const id of ids.slice(known)) {
      logits = this.step(id);
      if (performance.now() - started > SLICE) {
        await pause();
        if (stopped()) return null;
        started = performance.now();
      }
    }
    return logits;
  }

  // What was predicted after the character at a place that was read.
  logitsAt(at) { return this.gpt.logitsAt(at, this.ids[at]); }
}
