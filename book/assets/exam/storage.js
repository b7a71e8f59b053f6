// What the page remembers, in this browser alone. What cannot be read is set aside, never dropped; what cannot be
// written is kept in memory and said. `notes` hold sentences for the reader.

const PREFIX = "seq2gpt.exam.";
const FORMAT = 1;

export class Storage {
  #place;
  #memory = new Map();
  notes = [];

  constructor(open = () => window.localStorage) {
    try {
      this.#place = open();
      this.#place.getItem(PREFIX); // a browser that forbids storage says so here at the latest
    } catch {
      this.#place = null;
      this.note("This browser keeps nothing for this page (a private window, or a setting). Everything works, but it is forgotten when you close the page: export what you want to keep.");
    }
  }

  note(text) { if (!this.notes.includes(text)) this.notes.push(text); }

  // The record under a name, or null. A broken or strange one is set aside.
  read(name) {
    if (this.#memory.has(name)) return structuredClone(this.#memory.get(name));
    const text = this.#place?.getItem(PREFIX + name) ?? null;
    if (text === null) return null;
    const record = parsed(text);
    if (record?.format === FORMAT) return record;
    const isNewer = Number.isInteger(record?.format) && record.format > FORMAT;
    if (this.#setAside(name, text)) {
      this.note(`What was stored as “${name}” is ${isNewer ? "from a newer version of this page" : "damaged or of an older form"}. It is kept under another name, and you begin anew; the export holds it.`);
    } else {
      this.#memory.set(name, null); // leave it where it is
      this.note(`What was stored as “${name}” cannot be read and there is no room to copy it. It is left untouched, and what you do now is kept only until you close the page.`);
    }
    return null;
  }

  // Whether the record is in the browser's storage; otherwise it is in memory.
  write(name, record) {
    const whole = { format: FORMAT, ...record };
    if (this.#place && !this.#untouchable(name)) {
      try {
        this.#place.setItem(PREFIX + name, JSON.stringify(whole));
        this.#memory.delete(name);
        return true;
      } catch {
        this.note("This browser has no room left for this page. Your answers are kept only until you close the page: export them now, or make room.");
      }
    }
    this.#memory.set(name, whole);
    return false;
  }

  // Forget a record. While another one could not be written, what is stored of this one stays for the next visit.
  remove(name) {
    this.#memory.delete(name);
    if (this.#place && this.#memory.size) this.#memory.set(name, null);
    else this.#place?.removeItem(PREFIX + name);
  }

  // What was set aside so far, as it was found.
  aside() {
    const names = this.#place ? Object.keys(this.#place).filter((name) => name.startsWith(`${PREFIX}aside-`)) : [];
    return names.sort().map((name) => ({ name: name.slice(PREFIX.length), text: this.#place.getItem(name) }));
  }

  // Keep a copy of something that is about to be replaced.
  keep(name, record) { return this.#copyAside(name, JSON.stringify(record)); }

  #untouchable(name) { return this.#memory.get(name) === null && this.#memory.has(name); }

  #setAside(name, text) {
    if (!this.#copyAside(name, text)) return false;
    this.#place.removeItem(PREFIX + name);
    return true;
  }

  #copyAside(name, text) {
    if (!this.#place) return false;
    let number = 1;
    while (this.#place.getItem(`${PREFIX}aside-${name}-${number}`) !== null) number += 1;
    try {
      this.#place.setItem(`${PREFIX}aside-${name}-${number}`, text);
      return true;
    } catch {
      return false;
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
