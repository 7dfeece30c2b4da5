// What all widgets share. Texts become text nodes, so no name can become markup; nothing is loaded from elsewhere.

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, ...children) {
  return put(document.createElementNS(SVG, name), attributes, children);
}

function html(name, attributes, ...children) {
  return put(document.createElement(name), attributes, children);
}

function put(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Return a button that says what it does to those who point at it or can't see it. */
function button(label, title, act, attributes = {}) {
  const made = html("button", { type: "button", title, "aria-label": title, ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

function isDark() {
  const { body } = document;
  const lab = body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  if (/\bvscode-(dark|light|high-contrast)/.test(body.className)) {
    return !/\bvscode-(light|high-contrast-light)/.test(body.className);
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Questions to the kernel; a busy one answers later, one that is gone never. */
class Kernel {
  constructor(model) {
    this.model = model;
    this.waiting = new Map();
    this.own = Math.random().toString(36).slice(2); // several views share a model, and each answer is for one of them
    this.count = 0;
    this.listener = (answer) => this.take(answer);
    model.on("msg:custom", this.listener);
  }

  /** Ask; `working` is called when the kernel has begun with what takes it a while. */
  ask(what, details = {}, working = () => {}) {
    this.count += 1;
    const id = `${this.own}-${this.count}`;
    return new Promise((resolve) => {
      this.waiting.set(id, { resolve, working });
      this.model.send({ id, what, ...details });
    });
  }

  take(answer) {
    const asked = this.waiting.get(answer.id);
    if (answer.working) return asked?.working();
    asked?.resolve(answer);
    this.waiting.delete(answer.id);
  }

  stop() {
    this.model.off("msg:custom", this.listener);
  }
}

/** Hide or show the static picture; return whether it is there. */
function hideTwin(id, hidden) {
  const twins = [...document.querySelectorAll("[data-odibi-twin]")].filter((twin) => twin.dataset.odibiTwin === id);
  for (const twin of twins) twin.hidden = hidden;
  return twins.length > 0;
}

/** Hide the static picture as soon as it is there; return what shows it again. */
function replaceTwin(id) {
  // It is an output of its own, and may be drawn later than this one; a page changes often.
  const outputs = new MutationObserver(() => hideTwin(id, true) && outputs.disconnect());
  if (!hideTwin(id, true)) outputs.observe(document.body, { childList: true, subtree: true });
  return () => {
    outputs.disconnect();
    hideTwin(id, false);
  };
}

/** Say in `data-theme` of an element what the page's theme is, now and later; return what ends that. */
function followTheme(element) {
  const say = () => {
    element.dataset.theme = isDark() ? "dark" : "light";
  };
  const themes = new MutationObserver(say);
  const system = matchMedia("(prefers-color-scheme: dark)");
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  system.addEventListener("change", say);
  say();
  return () => {
    themes.disconnect();
    system.removeEventListener("change", say);
  };
}

/** Put a view on the page, and let it hear of its model. `events` has a listener for each; return what takes it off. */
function mount(model, el, view, events) {
  el.append(view.root);
  for (const [event, listener] of Object.entries(events)) model.on(event, listener);
  const ends = [followTheme(view.root), ...(model.get("twin") ? [replaceTwin(model.get("twin"))] : [])];
  return () => {
    for (const [event, listener] of Object.entries(events)) model.off(event, listener);
    for (const end of ends) end();
    view.stop?.();
  };
}
