// Draws exams as seq2gpt.exam.forms does: shares by domain, objectives in turn, unseen questions first.

export function generator(seed) { // numbers in [0, 1) from a text: FNV-1a, then mulberry32
  let state = 2166136261;
  for (const character of String(seed)) state = Math.imul(state ^ character.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled(entries, seed) { // Fisher and Yates
  const order = [...entries];
  const next = generator(seed);
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// Share out n by weight, never more than is there; the largest remainders get what is left.
export function apportion(n, weights, there) {
  const shares = Object.fromEntries(Object.keys(weights).map((name) => [name, 0]));
  for (let left = n; left > 0; left = n - sum(Object.values(shares))) {
    const open = Object.keys(weights).filter((name) => shares[name] < there[name]);
    if (!open.length) break;
    const total = sum(open.map((name) => weights[name]));
    const exact = Object.fromEntries(open.map((name) => [name, (left * weights[name]) / total]));
    const whole = Object.fromEntries(open.map((name) => [name, Math.min(Math.floor(exact[name]), there[name] - shares[name])]));
    if (!Object.values(whole).some(Boolean)) {
      const byShare = [...open].sort((a, b) => exact[b] - exact[a] || (a < b ? -1 : 1));
      for (const name of byShare.slice(0, left)) whole[name] = 1;
    }
    for (const name of open) shares[name] += whole[name];
  }
  return shares;
}

// The ids of the questions, and what the learner should know of the draw. Questions in words are left out.
export function draw(bank, profile, seed, seen) {
  const wanted = new Set(profile.objectives);
  const candidates = {};
  for (const item of bank.forExams()) {
    const counts = !wanted.size || item.objectives.some((name) => wanted.has(name));
    if (item.interaction.kind !== "short" && counts) (candidates[bank.domainOf(item)] ??= []).push(item);
  }
  const domains = Object.keys(profile.domains);
  const there = Object.fromEntries(domains.map((name) => [name, candidates[name]?.length ?? 0]));
  const weights = Object.fromEntries(domains.filter((name) => there[name]).map((name) => [name, profile.domains[name]]));
  const shares = apportion(profile.n_items, weights, there);
  const chosen = Object.entries(shares).flatMap(([name, n]) => inTurn(candidates[name], n, `${seed} ${name}`, seen));
  const next = generator(`${seed} variants`);
  const items = shuffled(chosen, seed).map((item) => [item.id, item.version, Math.floor(next() * bank.variantsOf(item))]);
  return { items, notes: notesOn(profile, there, chosen, seen) };
}

function notesOn(profile, there, chosen, seen) {
  const missing = Object.keys(there).filter((name) => !there[name]);
  const notes = missing.length ? [`There are no questions of ${missing.join(", ")} yet; their share went to the other domains.`] : [];
  if (chosen.length < profile.n_items) notes.push(`The bank has ${chosen.length} questions for this exam, not ${profile.n_items}.`);
  const nSeen = chosen.filter((item) => seen.has(item.id)).length;
  if (nSeen) notes.push(`You have met ${nSeen} of the ${chosen.length} questions before: no others were left for their share.`);
  return notes;
}

// n questions whose objectives take turns; unseen ones first, and among them those kept for exams.
function inTurn(items, n, seed, seen) {
  const late = (item) => 2 * seen.has(item.id) + (item.pool !== "exam");
  const order = shuffled([...items].sort((a, b) => (a.id < b.id ? -1 : 1)), seed).sort((a, b) => late(a) - late(b));
  const turns = {};
  const ranked = order.map((item) => {
    turns[item.objectives[0]] = (turns[item.objectives[0]] ?? -1) + 1;
    return { item, late: seen.has(item.id) ? 1 : 0, turn: turns[item.objectives[0]] };
  });
  ranked.sort((a, b) => a.late - b.late || a.turn - b.turn);
  return ranked.slice(0, n).map(({ item }) => item);
}
