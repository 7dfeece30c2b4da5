// What comes of the inputs above: how the work on them goes, and the cards of the nodes that they change.

class OutcomeView {
  constructor(model) {
    this.model = model;
    this.state = html("div", { class: "odibi-params-state", role: "status" });
    this.cards = html("div", { class: "odibi-params-cards" });
    this.shown = new Map();
    this.stopping = button("Stop", "Stop computing; the values stay set", () => model.send({ what: "stop" }), { hidden: "" });
    const line = html("div", { class: "odibi-params-line" }, this.state, this.stopping);
    this.root = html("div", { class: "odibi-live odibi-params-outcome" }, line, this.cards);
    // The inputs are no children of this; in command mode Jupyter would take their keys.
    this.placed = requestAnimationFrame(() => {
      this.panel = this.root.closest(".odibi-params");
      this.panel?.addEventListener("keydown", keepKeys);
      this.say();
    });
  }

  say() {
    const { name = "idle", words = "" } = this.model.get("state");
    this.state.dataset.state = name;
    if (this.state.textContent !== words) this.state.textContent = words;
    this.stopping.hidden = name !== "running" && name !== "paused";
    this.cards.setAttribute("aria-busy", String(name === "running"));
    // ipywidgets names neither the handle of a slider nor a field without a description.
    for (const part of this.panel?.querySelectorAll(".noUi-handle, .odibi-params-figure input") ?? []) {
      part.setAttribute("aria-label", part.closest(".odibi-params-row").querySelector(".widget-label").textContent);
    }
  }

  draw() {
    const cards = this.model.get("cards");
    const places = Object.entries(cards).map(([name, card]) => this.place(name, card));
    for (const name of [...this.shown.keys()].filter((name) => !(name in cards))) this.shown.delete(name);
    if (places.some((place, at) => this.cards.children[at] !== place) || places.length !== this.cards.children.length) {
      this.cards.replaceChildren(...places);
    }
  }

  /** Return the element of a node's card; one that is as it was stays untouched, and what was unfolded stays so. */
  place(name, card) {
    const known = this.shown.get(name) ?? { element: html("div"), card: "" };
    this.shown.set(name, known);
    if (known.card !== card) {
      const open = new Set([...known.element.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
      known.element.innerHTML = card; // made by `pictures`, all texts in it escaped
      known.card = card;
      for (const one of known.element.querySelectorAll("summary")) one.parentElement.open = open.has(one.textContent);
    }
    return known.element;
  }

  stop() {
    cancelAnimationFrame(this.placed);
    this.panel?.removeEventListener("keydown", keepKeys);
  }
}

function keepKeys(event) {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) event.stopPropagation();
}

function render({ model, el }) {
  const view = new OutcomeView(model);
  const end = mount(model, el, view, { "change:state": () => view.say(), "change:cards": () => view.draw() });
  view.say();
  view.draw();
  return end;
}

export default { render };
