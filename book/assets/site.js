// What the theme leaves unnamed for screen readers, and formulas wider than the page for those who use a keyboard.
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
const side = document.querySelector(".bd-sidebar-primary");
side?.setAttribute("role", "complementary");
side?.setAttribute("aria-label", "The course");

window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
  }
});
