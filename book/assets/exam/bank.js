// The questions of the course and the profiles of exams, from the file that the site's build wrote.

export class Bank {
  constructor(data) {
    Object.assign(this, data); // bank, objectives, cases, items, profiles, domains, misconceptions, figures
    this.byId = new Map(this.items.map((item) => [item.id, item]));
  }

  static async load(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`the questions are missing (the server answered ${response.status})`);
    return new Bank(await response.json());
  }

  domainOf(item) { return item.objectives[0].split("-")[0]; }

  variantsOf(item) { return item.variants?.length ?? 1; }

  forPractice() { return this.items.filter((item) => item.pool !== "exam"); }

  forExams() { return this.items.filter((item) => item.pool !== "practice"); }

  has([id, version]) { return this.byId.get(id)?.version === version; }

  // A question without placeholders; beyond the last variant it begins again.
  question(id, variant = 0) {
    const { variants, ...item } = this.byId.get(id);
    return variants ? { ...item, ...variants[variant % variants.length] } : item;
  }

  // The address of the paragraph that a question comes from, seen from the page of the exam.
  paragraph(item) { return item.chapter.replace(/^book\//, "../").replace(/\.md(?=#|$)/, ".html"); }
}
