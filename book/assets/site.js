// What the theme leaves unnamed for screen readers.
for (const summary of document.querySelectorAll("summary:has(> .toctree-toggle)")) {
  summary.setAttribute("aria-label", `Pages below ${summary.closest("li").querySelector("a").textContent.trim()}`);
}
for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label"); // its text names it
// Where the host of the widgets did not come, nobody else says that they stand still.
window.addEventListener("load", () => {
  if (document.documentElement.dataset.widgets) return;
  for (const still of document.querySelectorAll(".s2g-widget > .s2g-still")) {
    const line = Object.assign(document.createElement("p"), { className: "s2g-failed", role: "alert", textContent: "This widget could not load: its script, host.js, did not arrive" });
    still.after(line);
  }
});

// The place that a link leads to stays in sight while widgets, pictures and sections above it get their sizes: for some
// seconds, as who drags the scroll bar sends no event, and until the reader moves on.
function stayAt(place) {
  const held = new ResizeObserver(() => place.scrollIntoView({ behavior: "instant" }));
  held.observe(document.body);
  for (const event of ["wheel", "pointerdown", "keydown"]) window.addEventListener(event, () => held.disconnect(), { once: true, passive: true });
  const enough = () => setTimeout(() => held.disconnect(), 4000);
  if (document.readyState === "complete") enough();
  else window.addEventListener("load", enough, { once: true });
}
const placeOf = (hash) => document.getElementById(decodeURIComponent(hash.slice(1)));
if (placeOf(location.hash) && performance.getEntriesByType("navigation")[0]?.type === "navigate") stayAt(placeOf(location.hash));
document.addEventListener("click", ({ target, ctrlKey, metaKey, shiftKey }) => {
  const link = target.closest?.('a[href*="#"]');
  const place = link && link.pathname === location.pathname && placeOf(link.hash);
  if (place && !(ctrlKey || metaKey || shiftKey)) setTimeout(() => stayAt(place)); // after the browser's own smooth way there
});

// The theme and the search throw where a storage is full, and end: what they want to keep, then, is kept while the page is open.
// The exam's pages, whose entries begin with the course's name, tell their reader themselves.
{
  const { setItem, getItem } = Storage.prototype;
  const kept = new Map();
  Storage.prototype.setItem = function setOrKeep(name, value) {
    try {
      setItem.call(this, name, value);
      kept.delete(name);
    } catch (error) {
      if (name.startsWith("seq2gpt")) throw error;
      kept.set(name, String(value));
    }
  };
  Storage.prototype.getItem = function getOrKept(name) { return kept.get(name) ?? getItem.call(this, name); };
}

const side = document.querySelector(".bd-sidebar-primary");
side?.setAttribute("role", "complementary");
side?.setAttribute("aria-label", "The course");

// A box with more in it than it shows is reached and scrolled by keyboard. To measure one lays out what stands far below the
// window, so it is done one by one, when there is nothing else to do. The theme's script calls this for code and tables.
const unmeasured = [];
const whenIdle = window.requestIdleCallback ?? ((call) => setTimeout(call, 50));

function measure() {
  const box = unmeasured.shift();
  const position = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight ? 0 : -1;
  if (box.tabIndex !== position) box.tabIndex = position;
  if (unmeasured.length) whenIdle(measure);
}

window.reachByKeyboard = (box) => {
  if (unmeasured.push(box) === 1) whenIdle(measure);
};

const measureAll = () => {
  for (const box of document.querySelectorAll('.katex-display, .bd-article [style*="overflow-x"]')) window.reachByKeyboard(box);
};
window.addEventListener("load", measureAll);
document.fonts.addEventListener("loadingdone", measureAll); // a formula grows with its font
