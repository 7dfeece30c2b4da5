// The drawing of a graph: cards and edges, where one looks, what one points at and looks for; page.js and progress.js
// stand before it.

const ZOOM = { least: 0.1, most: 3, step: 1.25, legible: 0.4, readable: 0.8, few: 60 };
const HEARD_MS = 2000; // between two things that are said to those who can't see
const TEXT = { left: 32, right: 28, character: 6 }; // of a card's second line, in pixels

/** Return a text of at most `most` characters, shortened in the middle. */
function shortened(text, most) {
  if (text.length <= most) return text;
  const kept = Math.max(2, most - 1);
  return `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
}

/** What one view on the page draws; several may show one model. What it opens, `show` and `close` of dag.js do. */
class GraphPicture {
  constructor(model) {
    this.model = model;
    this.kernel = new Kernel(model);
    this.open = null;
    this.table = null; // of all rows of the open node
    this.wanted = null; // a node to open once it is drawn
    this.traced = null; // where a column comes from and goes to, by node
    this.trace = null; // the same by what is drawn
    this.scale = 1;
    this.offset = [0, 0];
    this.build();
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.root);
  }

  build() {
    this.search = html("input", { type: "search", placeholder: "Find a node or tag", "aria-label": "Find a node or tag" });
    this.unfound = html("span", { class: "odibi-dag-unfound", role: "status", hidden: "" }, "no node has that");
    this.summary = html("span", { class: "odibi-dag-summary" });
    this.counts = html("span", { class: "odibi-dag-counts", "aria-hidden": "true" });
    this.live = html("span", { class: "odibi-dag-live", "aria-live": "polite" });
    this.grouping = html("select", { "aria-label": "Show one node for all of a group" });
    this.grouping.addEventListener("change", () => this.group({ by: this.grouping.value, expanded: [] }));
    this.expanded = html("span", { class: "odibi-dag-expanded" });
    const bar = html("div", { class: "odibi-dag-bar" }, this.summary, this.search, this.unfound, this.grouping, this.expanded,
      button("−", "Zoom out", () => this.zoom(1 / ZOOM.step)),
      button("+", "Zoom in", () => this.zoom(ZOOM.step)),
      button("Fit", "Fit the graph into its frame", () => this.fit()), this.counts, this.live);
    this.stage = svg("g", {});
    this.canvas = svg("svg", { class: "odibi-dag-canvas", role: "group", "aria-label": "Graph of nodes" }, this.stage);
    this.details = html("aside", { class: "odibi-dag-details", hidden: "", "aria-label": "Details of a node" });
    this.progress = new RunProgress(this.kernel);
    this.progress.root.hidden = true;
    this.root = html("div", { class: "odibi-live odibi-dag" }, bar, this.progress.root, html("div", { class: "odibi-dag-main" }, this.canvas, this.details));
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
    const hadFocus = this.stage.contains(document.activeElement);
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
    if (this.open !== null && !this.cards.has(this.open)) this.close(); // before the graph is fitted into its room
    this.lookAgain();
    this.groups();
    const { wanted } = this;
    this.wanted = null;
    if (this.cards.has(wanted)) this.show(wanted, true);
    else this.drawTrace();
    this.markOpen();
    if (hadFocus) this.cards.get(this.focused)?.group.focus({ preventScroll: true });
  }

  markOpen() {
    for (const [name, card] of this.cards) card.group.classList.toggle("odibi-dag-open", name === this.open);
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
    for (const [name, card] of this.cards) {
      const state = states[name] ?? { status: "pending", line: "", said: name };
      if (card.said === state.said) continue;
      card.said = state.said;
      card.group.dataset.status = state.status;
      card.group.setAttribute("aria-label", state.said);
      card.title.textContent = state.said;
      this.write(card, state.line);
      card.mark.setAttribute("d", this.graph.marks[state.status]);
    }
    for (const { tail, path } of this.edges) path.classList.toggle("odibi-dag-dashed", states[tail]?.status === "unresolved");
    this.members();
    this.count(states);
  }

  /** Say how many nodes there are, also in groups, and how many have each status. */
  count(states) {
    const names = this.graph.nodes.flatMap(({ name, members }) => (members.length ? members : [name]));
    const counts = new Map();
    for (const name of names) {
      const status = states[name]?.status ?? "pending";
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    const words = [...counts].map(([status, count]) => `${count.toLocaleString("en")} ${status}`).join(", ");
    this.summary.textContent = `${this.graph.title}: ${plural(names.length, "node")}`;
    this.counts.textContent = words;
    this.hear();
  }

  /** Say how many nodes have each status to those who can't see it: not each step of a run, but always the last one. */
  hear() {
    if (this.hearing !== undefined || this.live.textContent === this.counts.textContent) return;
    this.live.textContent = this.counts.textContent;
    this.hearing = setTimeout(() => {
      this.hearing = undefined;
      this.hear();
    }, HEARD_MS);
  }

  /** Write what stands below a node's name: while a column is traced, the columns of it that have to do with that. */
  write(card, line = this.model.get("states")[card.node.name]?.line ?? "") {
    const room = Math.floor((this.graph.card[0] - TEXT.left - TEXT.right) / TEXT.character);
    const columns = this.trace?.columns.get(card.node.name);
    card.line.textContent = columns ? shortened(columns.join(", "), room) : line;
    card.group.classList.toggle("odibi-dag-traced", columns !== undefined);
  }

  // ---------------------------------------------------------------- groups

  /** Offer what makes groups of this graph, and what collapses those again that are expanded. */
  groups() {
    const { by, expanded } = this.model.get("grouping");
    const options = [["", "All nodes"], ...this.graph.groupings.map((one) => [one, `By ${one}`])];
    this.grouping.hidden = options.length === 1;
    this.grouping.replaceChildren(...options.map(([value, label]) => html("option", { value }, label)));
    this.grouping.value = by;
    const hadFocus = this.expanded.contains(document.activeElement);
    this.expanded.replaceChildren(...expanded.map((name) => {
      const rest = expanded.filter((one) => one !== name);
      const what = `Collapse ${name}`;
      return button(`${name} ×`, what, () => this.group({ by, expanded: rest }), { "aria-label": what });
    }));
    if (hadFocus) (this.expanded.firstElementChild ?? this.grouping).focus();
  }

  group(grouping) {
    this.model.set("grouping", grouping);
    this.model.save_changes();
  }

  /** Show the nodes of a group each for itself, and open one of them. */
  expand(name, member) {
    const { by, expanded } = this.model.get("grouping");
    this.wanted = member;
    [this.focused] = this.cards.get(name).node.members;
    this.group({ by, expanded: [...expanded, name] });
  }

  // ---------------------------------------------------------------- where one looks

  /** Show all of the graph; `least`: as far as cards don't become smaller than that. */
  fit(least = ZOOM.least) {
    [this.least, this.isMoved] = [least, false];
    const [width, height] = this.graph.size;
    const frame = this.canvas.getBoundingClientRect();
    this.width = this.root.clientWidth;
    const room = [frame.width || 900, 560];
    this.scale = Math.min(1, Math.max(least, Math.min(room[0] / width, room[1] / height)));
    room[1] = Math.min(room[1], Math.max(height * this.scale, 90));
    this.canvas.style.height = `${room[1]}px`;
    this.offset = [Math.max(0, (room[0] - width * this.scale) / 2), Math.max(0, (room[1] - height * this.scale) / 2)];
    this.place();
  }

  /** After an edit one goes on looking where and how one looked; other groups are another picture. */
  lookAgain() {
    const { scale, offset, drawn, isMoved } = this;
    this.drawn = this.model.get("grouping").by;
    if (drawn !== this.drawn) this.openUp();
    else this.refit();
    if (drawn === this.drawn && isMoved) {
      [this.scale, this.offset, this.isMoved] = [scale, offset, true];
      this.place();
    }
  }

  /** Fit anew when the page has become wider or narrower; details that open only cover some of the picture. */
  resized() {
    if (this.root.clientWidth !== this.width) this.refit();
  }

  /** Fit anew as it was fitted last: all of it, or so that it can be read. */
  refit() {
    if (this.least === ZOOM.least) this.fit();
    else this.openUp();
  }

  /** Show few nodes large enough to be read, though not all may fit; of many one sees the colours. */
  openUp() {
    this.fit(this.cards.size <= ZOOM.few ? ZOOM.readable : ZOOM.least);
  }

  zoom(factor, at) {
    const frame = this.canvas.getBoundingClientRect();
    const centre = at ?? [frame.width / 2, frame.height / 2];
    const scale = Math.min(ZOOM.most, Math.max(ZOOM.least, this.scale * factor));
    this.offset = this.offset.map((offset, axis) => centre[axis] - ((centre[axis] - offset) * scale) / this.scale);
    this.scale = scale;
    this.isMoved = true;
    this.place();
  }

  place() {
    const [x, y] = this.offset;
    this.stage.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${this.scale.toFixed(3)})`);
    this.canvas.classList.toggle("odibi-dag-far", this.scale < ZOOM.legible); // then a node is its colour
  }

  pan(event) {
    if (event.button !== 0 || event.target.closest(".odibi-dag-node")) return;
    const start = [event.clientX, event.clientY];
    const from = this.offset;
    const move = (moved) => {
      this.offset = [from[0] + moved.clientX - start[0], from[1] + moved.clientY - start[1]];
      this.isMoved = true;
      this.place();
    };
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.addEventListener("pointermove", move);
    // Also where the page takes the pointer away: to scroll, on a touch screen.
    this.canvas.addEventListener("lostpointercapture", () => this.canvas.removeEventListener("pointermove", move), { once: true });
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
    if (name === null) this.rest();
    else this.dim(new Set([name, ...this.reach(name, this.above), ...this.reach(name, this.below)]));
  }

  /** Let step back what isn't looked for, or has nothing to do with the column that is traced. */
  rest() {
    const shown = this.found()?.map((node) => node.name) ?? this.trace?.columns.keys();
    this.dim(shown ? new Set(shown) : null);
    this.unfound.hidden = this.found()?.length !== 0;
  }

  /** Let all but some nodes step back; null: none does. */
  dim(near) {
    this.canvas.classList.toggle("odibi-dag-pointing", near !== null);
    if (near === null) return;
    for (const [name, card] of this.cards) card.group.classList.toggle("odibi-dag-near", near.has(name));
    for (const { tail, head, path } of this.edges) path.classList.toggle("odibi-dag-near", near.has(tail) && near.has(head));
  }

  found() {
    const wanted = this.search.value.trim().toLowerCase();
    if (!wanted) return null;
    const has = ({ name, tags, members }) => [name, ...tags, ...members].some((text) => text.toLowerCase().includes(wanted));
    return this.graph.nodes.filter(has);
  }

  find() {
    this.rest();
    const first = this.found()?.[0];
    if (first) this.reveal(first.name);
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
      ArrowDown: this.beside(name, 1), ArrowUp: this.beside(name, -1),
      Home: this.graph.nodes[0].name, End: this.graph.nodes.at(-1).name }[event.key];
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
}
