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

/** Return a button that says what it does to those who point at it, and where its label is no word to those who hear it. */
function button(label, title, act, attributes = {}) {
  const name = /\p{L}/u.test(label) ? {} : { "aria-label": title };
  const made = html("button", { type: "button", title, ...name, ...attributes }, label);
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

const LOST = ["restarting", "autorestarting", "terminating", "dead"];

/** Whether the kernel of a view is known to be gone: the notebook was opened anew, or the kernel started anew. */
function isAlone(root) {
  return root.closest(".jupyter-widgets-disconnected, .odibi-alone") !== null; // the first is set by ipywidgets
}

/** Say on a view that its kernel is gone, as soon as it is; return what ends that. */
function followKernel(model, root) {
  const changes = model.widget_manager?.kernel?.statusChanged;
  const look = (_, status) => {
    if (!LOST.includes(status) || root.classList.contains("odibi-alone")) return;
    root.classList.add("odibi-alone");
    root.prepend(html("div", { class: "odibi-gone", role: "status" }, "The kernel that made this is gone: run this cell again."));
  };
  changes?.connect(look);
  return () => changes?.disconnect(look);
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

/** Hide the static picture, wherever and whenever it is drawn; return what takes that back. */
function replaceTwin(id) {
  // A rule for each view: the picture stays hidden until the last of them is gone.
  const rule = html("style", {}, `[data-odibi-twin="${CSS.escape(id)}"] { display: none; }`);
  document.head.append(rule);
  return () => rule.remove();
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
  view.root.classList.add("mathjax_ignore", "tex2jax_ignore"); // `$a$` in a name is no mathematics
  el.append(view.root);
  for (const [event, listener] of Object.entries(events)) model.on(event, listener);
  const ends = [followTheme(view.root), followKernel(model, view.root), ...(model.get("twin") ? [replaceTwin(model.get("twin"))] : [])];
  return () => {
    for (const [event, listener] of Object.entries(events)) model.off(event, listener);
    for (const end of ends) end();
    view.stop?.();
  };
}
