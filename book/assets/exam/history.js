// What was answered: entries that are added and never taken away, of the same form as the terminal's history.

export class History {
  constructor(storage, bank, clock = () => Date.now()) {
    Object.assign(this, { storage, bank, clock });
    const gone = this.gone();
    if (gone.length) storage.note(`The questions have changed since your last visit: ${listed(gone)} ${gone.length === 1 ? "is" : "are"} not asked any more in that form. Your answers to ${gone.length === 1 ? "it" : "them"} are kept and count in your history.`);
  }

  get entries() {
    const stored = this.storage.read("history")?.entries;
    return Array.isArray(stored) ? stored.filter((entry) => entry?.kind && !Number.isNaN(Date.parse(entry.at))) : [];
  }

  answers() { return this.entries.filter((entry) => entry.kind === "answer"); }

  // The time for a new entry; where the clock has gone backwards, that of the last entry.
  now() {
    const last = this.entries.reduce((latest, entry) => Math.max(latest, Date.parse(entry.at)), 0);
    const now = this.clock();
    if (now >= last) return now;
    this.storage.note(`The clock of this computer says ${day(now)}, which is before your last answer on ${day(last)}. Answers are stored with that time until the clock has caught up.`);
    return last;
  }

  add(entries) { // read again first: another tab may have added some
    const given = entries.filter((entry) => entry.at).map((entry) => Date.parse(entry.at));
    const at = new Date(Math.max(this.now(), ...given)).toISOString();
    const dated = entries.map((entry) => ({ ...entry, at: entry.at ?? at }));
    this.storage.write("history", { entries: [...this.entries, ...dated] });
    return dated;
  }

  // Entries of a file of `exported`; how many of them were new.
  bringBack(entries) {
    const mine = this.entries;
    const known = new Set(mine.map((entry) => JSON.stringify(entry)));
    const fresh = entries.filter((entry) => !known.has(JSON.stringify(entry)));
    const all = [...mine, ...fresh].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    this.storage.write("history", { entries: all });
    return fresh.length;
  }

  seen() { return new Set(this.entries.filter((entry) => entry.item).map((entry) => entry.item)); }

  // The ids of answered questions that the bank has no more, or in another version.
  gone() {
    const met = this.entries.filter((entry) => entry.item && !this.bank.has([entry.item, entry.version]));
    return [...new Set(met.map((entry) => entry.item))].sort();
  }

  // Every exam that was handed in, the latest first: its start, its answers and its end.
  exams() {
    const { entries } = this;
    const ends = new Map(entries.filter((entry) => entry.kind === "end").map((entry) => [entry.session, entry]));
    const starts = entries.filter((entry) => entry.kind === "start" && ends.has(entry.session));
    return starts.reverse().map((start) => ({
      start,
      end: ends.get(start.session),
      answers: entries.filter((entry) => entry.kind === "answer" && entry.session === start.session),
    }));
  }
}

const day = (time) => new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

export function listed(names) {
  return names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}
