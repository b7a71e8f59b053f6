// Runs the widgets of a page without a kernel: a small stand-in for Jupyter's widget manager.
//
// It mounts two kinds of anywidget modules: those that the directive {widget} wrote, whose file lies in
// the folder of this one, and those whose state an executed notebook left in the page. Where a widget
// cannot run, what stood there stays, and a line says why.

class Model { // what a widget's module expects of anywidget's model
  #state;
  #listeners = new Map();

  constructor(state) { this.#state = { ...state }; }

  get(name) { return this.#state[name]; }

  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    for (const event of [`change:${name}`, "change"]) {
      for (const listener of this.#listeners.get(event) ?? []) listener(this, value);
    }
  }

  on(event, listener) { this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener)); }

  off(event, listener) { this.#listeners.get(event)?.delete(listener); }

  save_changes() {} // no kernel to tell

  send() {}
}

async function mount(address, state, place) {
  const { default: widget } = await import(address);
  const definition = typeof widget === "function" ? await widget() : widget;
  const model = new Model(state);
  await definition.initialize?.({ model });
  await definition.render({ model, el: place });
}

async function mountDirective(figure) {
  const address = new URL(`${figure.dataset.widget}.js`, import.meta.url).href;
  const state = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const place = document.createElement("div");
  await mount(address, state, place);
  figure.querySelector(".s2g-still").replaceWith(place);
}

// A saved state keeps its code in _esm, its style in _css, and its bytes in base64 beside the rest.
async function mountSaved(view, models) {
  const saved = models[JSON.parse(view.textContent).model_id];
  if (saved?.model_module !== "anywidget") return;
  const place = document.createElement("div");
  view.after(place);
  const state = { ...saved.state };
  for (const { path: [name], data } of saved.buffers ?? []) {
    state[name] = new DataView(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)).buffer);
  }
  if (state._css) place.append(Object.assign(document.createElement("style"), { textContent: state._css }));
  const module = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
  await mount(module, state, place).finally(() => URL.revokeObjectURL(module));
}

function report(error, after) {
  console.error(error);
  const line = document.createElement("p");
  line.className = "s2g-failed";
  line.setAttribute("role", "alert");
  line.textContent = `This widget could not load: ${error.message}`;
  after.after(line);
}

document.documentElement.dataset.widgets = "hosted"; // or site.js says that they are not
for (const figure of document.querySelectorAll(".s2g-widget[data-widget]")) {
  mountDirective(figure).catch((error) => report(error, figure.querySelector(".s2g-still")));
}

const models = {};
for (const script of document.querySelectorAll("script[type='application/vnd.jupyter.widget-state+json']")) {
  Object.assign(models, JSON.parse(script.textContent).state);
}
for (const view of document.querySelectorAll("script[type='application/vnd.jupyter.widget-view+json']")) {
  mountSaved(view, models).catch((error) => report(error, view));
}
