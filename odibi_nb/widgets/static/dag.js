// The graph of a pipeline; page.js and what table.py names stand before it.

const BUTTONS = [
  ["run", "Run", "Compute what this node needs and write it, as %odibi run does"],
  ["downstream", "Run downstream", "Run this node and all that depends on it"],
  ["mock", "Run on mock", "Run this node on its mock rows; nothing is written"],
  ["plan", "Plan", "Say what a run would do, and why"],
];
const ZOOM = { least: 0.1, most: 3, step: 1.25 };

/** Everything that one view on the page shows; several may show one model. */
class GraphView {
  constructor(model) {
    this.model = model;
    this.kernel = new Kernel(model);
    this.open = null;
    this.scale = 1;
    this.offset = [0, 0];
    this.build();
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.root);
  }

  build() {
    this.search = html("input", { type: "search", placeholder: "Find a node or tag", "aria-label": "Find a node or tag" });
    this.summary = html("span", { class: "odibi-dag-summary" });
    this.live = html("span", { class: "odibi-dag-live", "aria-live": "polite" });
    const bar = html("div", { class: "odibi-dag-bar" }, this.summary, this.search,
      button("−", "Zoom out", () => this.zoom(1 / ZOOM.step)),
      button("+", "Zoom in", () => this.zoom(ZOOM.step)),
      button("Fit", "Fit the graph into its frame", () => this.fit()), this.live);
    this.stage = svg("g", {});
    this.canvas = svg("svg", { class: "odibi-dag-canvas", role: "group", "aria-label": "Graph of nodes" }, this.stage);
    this.details = html("aside", { class: "odibi-dag-details", hidden: "", "aria-label": "Details of a node" });
    this.root = html("div", { class: "odibi-live odibi-dag" }, bar, html("div", { class: "odibi-dag-main" }, this.canvas, this.details));
    this.search.addEventListener("input", () => this.find());
    this.search.addEventListener("keydown", (event) => this.onSearchKey(event));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("pointerdown", (event) => this.pan(event));
    this.canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.details.addEventListener("keydown", (event) => this.onDetailsKey(event));
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    const graph = this.model.get("graph");
    this.graph = graph;
    this.above = new Map(graph.nodes.map((node) => [node.name, []]));
    this.below = new Map(graph.nodes.map((node) => [node.name, []]));
    this.edges = graph.edges.map(([tail, head, path]) => {
      this.above.get(head).push(tail);
      this.below.get(tail).push(head);
      return { tail, head, path: svg("path", { class: "odibi-dag-edge", d: path }) };
    });
    const [width, height] = graph.card;
    this.cards = new Map(graph.nodes.map((node) => [node.name, this.card(node, width, height)]));
    this.stage.replaceChildren(...this.edges.map((edge) => edge.path), ...[...this.cards.values()].map((card) => card.group));
    const first = graph.nodes[0]?.name;
    this.focused = this.cards.has(this.focused) ? this.focused : first;
    this.rove(this.focused);
    this.states();
    this.fit();
    if (this.open !== null && !this.cards.has(this.open)) this.close();
  }

  card(node, width, height) {
    const line = svg("text", { class: "odibi-dag-line", x: 32, y: 33 });
    const mark = svg("path", { class: "odibi-dag-mark", transform: `translate(${width - 23} ${(height - 16) / 2})` });
    const title = svg("title", {});
    const group = svg("g", {
      class: "odibi-dag-node", transform: `translate(${node.x} ${node.y})`, role: "button", tabindex: "-1",
      "data-node": node.name,
    },
    title,
    svg("rect", { class: "odibi-dag-box", width, height, rx: 7 }),
    svg("rect", { class: "odibi-dag-status", y: 9, width: 3, height: height - 18, rx: 1.5 }),
    svg("path", { class: "odibi-dag-kind", d: node.icon, transform: `translate(9 ${(height - 16) / 2})` }),
    svg("text", { class: "odibi-dag-name", x: 32, y: 18 }, node.shown), line, mark);
    group.addEventListener("click", () => this.show(node.name));
    group.addEventListener("pointerenter", () => this.highlight(node.name));
    group.addEventListener("pointerleave", () => this.highlight(null));
    group.addEventListener("focus", () => this.highlight(node.name));
    group.addEventListener("blur", () => this.highlight(null));
    return { node, group, line, mark, title };
  }

  states() {
    const states = this.model.get("states");
    const counts = new Map();
    for (const [name, card] of this.cards) {
      const state = states[name] ?? { status: "pending", line: "", said: name };
      counts.set(state.status, (counts.get(state.status) ?? 0) + 1);
      if (card.said === state.said) continue;
      card.said = state.said;
      card.group.dataset.status = state.status;
      card.group.setAttribute("aria-label", state.said);
      card.title.textContent = state.said;
      card.line.textContent = state.line;
      card.mark.setAttribute("d", this.graph.marks[state.status]);
    }
    for (const { tail, path } of this.edges) path.classList.toggle("odibi-dag-dashed", states[tail]?.status === "unresolved");
    const words = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
    const nodes = this.cards.size === 1 ? "1 node" : `${this.cards.size.toLocaleString("en")} nodes`;
    this.summary.textContent = `${this.graph.title}: ${nodes}`;
    if (this.live.textContent !== words) this.live.textContent = words;
  }

  // ---------------------------------------------------------------- where one looks

  fit() {
    const [width, height] = this.graph.size;
    const frame = this.canvas.getBoundingClientRect();
    this.width = this.root.clientWidth;
    const room = [frame.width || 900, Math.min(Math.max(height, 90), 560)];
    this.canvas.style.height = `${room[1]}px`;
    this.scale = Math.min(1, Math.max(ZOOM.least, Math.min(room[0] / width, room[1] / height)));
    this.offset = [Math.max(0, (room[0] - width * this.scale) / 2), Math.max(0, (room[1] - height * this.scale) / 2)];
    this.place();
  }

  /** Fit anew when the page has become wider or narrower; details that open only cover some of the picture. */
  resized() {
    if (this.root.clientWidth !== this.width) this.fit();
  }

  zoom(factor, at) {
    const frame = this.canvas.getBoundingClientRect();
    const centre = at ?? [frame.width / 2, frame.height / 2];
    const scale = Math.min(ZOOM.most, Math.max(ZOOM.least, this.scale * factor));
    this.offset = this.offset.map((offset, axis) => centre[axis] - ((centre[axis] - offset) * scale) / this.scale);
    this.scale = scale;
    this.place();
  }

  place() {
    const [x, y] = this.offset;
    this.stage.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${this.scale.toFixed(3)})`);
  }

  pan(event) {
    if (event.button !== 0 || event.target.closest(".odibi-dag-node")) return;
    const start = [event.clientX, event.clientY];
    const from = this.offset;
    const move = (moved) => {
      this.offset = [from[0] + moved.clientX - start[0], from[1] + moved.clientY - start[1]];
      this.place();
    };
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", () => this.canvas.removeEventListener("pointermove", move), { once: true });
  }

  onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls on
    event.preventDefault();
    const frame = this.canvas.getBoundingClientRect();
    this.zoom(event.deltaY < 0 ? ZOOM.step : 1 / ZOOM.step, [event.clientX - frame.left, event.clientY - frame.top]);
  }

  /** Move the picture only as far as needed for a node to be in it. */
  reveal(name) {
    const { node } = this.cards.get(name);
    const frame = this.canvas.getBoundingClientRect();
    const room = [frame.width, frame.height];
    [node.x, node.y].forEach((corner, axis) => {
      const [start, end] = [corner * this.scale, (corner + this.graph.card[axis]) * this.scale];
      if (start + this.offset[axis] < 0) this.offset[axis] = -start + 8;
      else if (end + this.offset[axis] > room[axis]) this.offset[axis] = room[axis] - end - 8;
    });
    this.place();
  }

  // ---------------------------------------------------------------- what one points at

  reach(name, neighbours) {
    const seen = new Set();
    const waiting = [...neighbours.get(name)];
    while (waiting.length) {
      const next = waiting.pop();
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(...neighbours.get(next));
    }
    return seen;
  }

  highlight(name) {
    const near = name === null ? null : new Set([name, ...this.reach(name, this.above), ...this.reach(name, this.below)]);
    this.dim((one) => near === null || near.has(one));
  }

  dim(isNear) {
    for (const [name, card] of this.cards) card.group.classList.toggle("odibi-dag-dim", !isNear(name));
    for (const { tail, head, path } of this.edges) path.classList.toggle("odibi-dag-dim", !(isNear(tail) && isNear(head)));
  }

  found() {
    const wanted = this.search.value.trim().toLowerCase();
    if (!wanted) return null;
    return this.graph.nodes.filter((node) => [node.name, ...node.tags].some((text) => text.toLowerCase().includes(wanted)));
  }

  find() {
    const found = this.found();
    const names = found && new Set(found.map((node) => node.name));
    this.dim((name) => names === null || names.has(name));
    if (found?.length) this.reveal(found[0].name);
  }

  onSearchKey(event) {
    event.stopPropagation(); // else Jupyter's command mode takes the keys
    const first = this.found()?.[0];
    if (event.key === "Enter" && first) this.focus(first.name);
    if (event.key === "Escape") {
      this.search.value = "";
      this.find();
    }
  }

  rove(name) {
    this.cards.get(this.focused)?.group.setAttribute("tabindex", "-1");
    this.focused = name;
    this.cards.get(name)?.group.setAttribute("tabindex", "0");
  }

  focus(name) {
    this.rove(name);
    this.reveal(name);
    this.cards.get(name).group.focus({ preventScroll: true });
  }

  onKey(event) {
    const name = event.target.closest?.(".odibi-dag-node")?.dataset.node;
    if (name === undefined) return;
    const next = { ArrowRight: this.below.get(name)[0], ArrowLeft: this.above.get(name)[0],
      ArrowDown: this.beside(name, 1), ArrowUp: this.beside(name, -1) }[event.key];
    if (next !== undefined) this.focus(next);
    else if (event.key === "Enter" || event.key === " ") this.show(name, true);
    else if (event.key === "Escape") this.close();
    else if (event.key === "+" || event.key === "=") this.zoom(ZOOM.step);
    else if (event.key === "-") this.zoom(1 / ZOOM.step);
    else if (event.key === "0") this.fit();
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Return the node above or below one in its column. */
  beside(name, direction) {
    const { x, y } = this.cards.get(name).node;
    const column = this.graph.nodes.filter((node) => Math.abs(node.x - x) < 2 && (node.y - y) * direction > 0);
    column.sort((one, other) => (one.y - other.y) * direction);
    return column[0]?.name;
  }

  // ---------------------------------------------------------------- a node's details

  show(name, takeFocus = false) {
    this.rove(name);
    this.open = name;
    this.details.hidden = false;
    const close = button("×", "Close the details", () => this.close(), { class: "odibi-dag-close" });
    const buttons = BUTTONS.map(([what, label, title]) => {
      return button(label, title, () => this.ask(what), { "aria-label": label, "data-what": what });
    });
    this.endRows?.();
    this.endRows = null;
    this.body = html("div", { class: "odibi-dag-body" });
    this.answer = html("div", { class: "odibi-dag-answer", "aria-live": "polite" });
    this.details.replaceChildren(html("div", { class: "odibi-dag-actions" }, ...buttons, close), this.answer, this.body);
    this.fill();
    this.ask("card"); // what changed is compared when somebody looks
    for (const [one, card] of this.cards) card.group.classList.toggle("odibi-dag-open", one === name);
    this.reveal(name);
    if (takeFocus) buttons[0].focus();
  }

  fill() {
    if (this.open === null) return;
    const card = this.model.get("cards")[this.open];
    if (card === undefined) {
      this.body.textContent = "The kernel is asked for this card; it answers as soon as it is free.";
      return;
    }
    if (this.body.dataset.shown === card) return;
    this.body.dataset.shown = card;
    this.endRows?.();
    this.body.innerHTML = card; // made by the kernel from escaped texts; it holds no script
    this.endRows = mountRows(this.body.firstElementChild, this.kernel, this.open);
  }

  async ask(what) {
    const node = this.open;
    if (what !== "card") this.answer.textContent = "Waiting for the kernel…";
    const { html: answer } = await this.kernel.ask(what, { node });
    if (node === this.open && (what !== "card" || answer)) this.answer.innerHTML = answer;
  }

  onDetailsKey(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.close();
  }

  stop() {
    this.endRows?.();
    this.sizes.disconnect();
    this.kernel.stop();
  }

  close() {
    const name = this.open;
    this.endRows?.();
    this.endRows = null;
    this.open = null;
    this.details.hidden = true;
    this.details.replaceChildren();
    const card = this.cards.get(name);
    card?.group.classList.remove("odibi-dag-open");
    card?.group.focus({ preventScroll: true });
  }
}

function render({ model, el }) {
  const view = new GraphView(model);
  const end = mount(model, el, view, {
    "change:graph": () => view.draw(),
    "change:states": () => view.states(),
    "change:cards": () => view.fill(),
  });
  view.draw();
  return end;
}

export default { render };
