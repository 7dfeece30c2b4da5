// The graph of a pipeline, with the details of a node; picture.js, page.js, progress.js and what table.py names stand
// before it.

const BUTTONS = [
  ["run", "Run", "Compute what this node needs and write it, as %odibi run does"],
  ["downstream", "Run downstream", "Run this node and all that depends on it"],
  ["mock", "Run on mock", "Run this node on its mock rows; nothing is written"],
  ["plan", "Plan", "Say what a run would do, and why"],
];
const GONE = "The kernel that made this graph is gone: run its cell again.";
const QUEUED = "Queued: the kernel is busy and does this as soon as it is free. Was it restarted? Then run this graph's cell again.";
const RUNNING = "Running…";
const UNSEEN_MS = 400; // a run that is shorter shows only in the nodes
const BUSY_MS = 700; // without an answer after it the kernel has something else to do

/** Everything that one view on the page shows. */
class GraphView extends GraphPicture {
  // ---------------------------------------------------------------- a column's lineage

  /** Ask where a column of the open node comes from and goes to; none ends what is shown of another. */
  async follow(column) {
    const node = this.open;
    const told = column === "" ? {} : await this.ask("trace", { column });
    if (node !== this.open) return;
    this.traced = told.columns ? { columns: told.columns, edges: told.edges } : null;
    this.drawTrace();
  }

  /** Show the traced column on the cards and edges it passes; a group shows what its nodes have to do with it. */
  drawTrace() {
    const shown = new Map(this.graph.nodes.flatMap(({ name, members }) => [name, ...members].map((one) => [one, name])));
    const columns = new Map();
    for (const [owner, names] of Object.entries(this.traced?.columns ?? {})) {
      const name = shown.get(owner);
      if (name !== undefined) columns.set(name, [...new Set([...(columns.get(name) ?? []), ...names])]);
    }
    const passed = new Set((this.traced?.edges ?? []).map(([tail, head]) => JSON.stringify([shown.get(tail), shown.get(head)])));
    const had = this.trace !== null;
    this.trace = this.traced ? { columns } : null;
    if (this.trace || had) for (const card of this.cards.values()) this.write(card);
    for (const { tail, head, path } of this.edges) {
      path.classList.toggle("odibi-dag-traced", passed.has(JSON.stringify([tail, head])));
    }
    this.rest();
  }

  // ---------------------------------------------------------------- a node's details

  show(name, takeFocus = false) {
    this.rove(name);
    this.open = name;
    this.details.hidden = false;
    const close = button("×", "Close the details", () => this.close(), { class: "odibi-dag-close" });
    const { members } = this.cards.get(name).node;
    const buttons = members.length
      ? [button("Expand", `Show the nodes of ${name} each for itself`, () => this.expand(name, null))]
      : BUTTONS.map(([what, label, title]) => {
        return button(label, title, () => this.act(what), { "aria-label": label, "data-what": what });
      });
    this.columns = html("select", { "aria-label": "Show where a column comes from and goes to", hidden: "" });
    this.columns.addEventListener("change", () => this.follow(this.columns.value));
    this.endRows();
    this.body = html("div", { class: "odibi-dag-body" });
    this.answer = html("div", { class: "odibi-dag-answer", "aria-live": "polite" });
    this.details.replaceChildren(
      html("div", { class: "odibi-dag-actions" }, ...buttons, this.columns, close), this.answer, this.body);
    this.traced = null;
    this.drawTrace();
    if (members.length) this.members();
    else this.look();
    this.markOpen();
    this.reveal(name);
    if (takeFocus) buttons[0].focus();
  }

  /** Show the card that is there, and ask for one with what has changed: that is compared when somebody looks. */
  async look() {
    const node = this.open;
    this.fill();
    const told = await this.kernel.ask("card", { node });
    if (node !== this.open) return;
    const { columns = [] } = told;
    if (told.html || told.problem) this.tell(told);
    const options = [["", "Trace a column…"], ...columns.map((name) => [name, name])];
    this.columns.replaceChildren(...options.map(([value, label]) => html("option", { value }, label)));
    this.columns.hidden = columns.length === 0;
  }

  fill() {
    if (this.open === null || this.cards.get(this.open)?.node.members.length) return;
    const card = this.model.get("cards")[this.open];
    if (card === undefined) {
      this.body.textContent = "The kernel is asked for this card; it answers as soon as it is free.";
      return;
    }
    if (this.body.dataset.shown === card) return;
    this.body.dataset.shown = card;
    const unfolded = [...this.body.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    this.table?.hold();
    this.body.innerHTML = card; // made by the kernel from escaped texts; it holds no script
    for (const summary of this.body.querySelectorAll("details > summary")) {
      if (unfolded.includes(summary.textContent)) summary.parentElement.open = true;
      if (focused?.matches("summary") && focused.textContent === summary.textContent) summary.focus({ preventScroll: true });
    }
    this.offerRows();
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }

  /** Let a table that is open stay so, whatever has become of its node: it tells that itself. */
  offerRows() {
    const preview = previewOf(this.body.firstElementChild);
    if (preview === null) this.endRows();
    else if (this.table) this.table.putInPlaceOf(preview);
    else {
      offerRows(preview, this.kernel, this.open, (table) => {
        this.table = table;
      });
    }
  }

  endRows() {
    this.table?.stop();
    this.table = null;
  }

  /** List a group's nodes in its details. */
  members() {
    const members = this.cards.get(this.open)?.node.members ?? [];
    if (!members.length) return;
    const states = this.model.get("states");
    const rows = members.map((name) => {
      const { status, line } = states[name] ?? { status: "pending", line: "" };
      const mark = svg("svg", { viewBox: "0 0 16 16", class: "odibi-dag-small" }, svg("path", { d: this.graph.marks[status] }));
      const what = `Expand ${this.open} and open ${name}`;
      const open = button(name, what, () => this.expand(this.open, name), { "aria-label": what });
      return html("li", { "data-status": status }, mark, open, html("span", {}, line));
    });
    const at = this.details.scrollTop;
    const focused = [...this.body.querySelectorAll("button")].indexOf(document.activeElement);
    const title = html("div", { class: "odibi-head" }, html("b", { class: "odibi-name" }, this.open));
    this.body.replaceChildren(title, html("ul", { class: "odibi-dag-members" }, ...rows));
    this.body.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
    this.details.scrollTop = at;
  }

  async act(what) {
    const node = this.open;
    this.columns.value = "";
    this.traced = null;
    this.drawTrace();
    await this.ask(what);
    if (node === this.open) this.look(); // there may be other columns now
  }

  /** Show how far a run is, whoever began it, while it goes on. */
  followRun() {
    const state = this.model.get("progress");
    const isOn = state.status === "running";
    if (isOn || !this.progress.over) this.progress.show(state);
    if (isOn && this.answer?.textContent === QUEUED) this.answer.textContent = RUNNING;
    else if (isOn && !this.asking) this.answer?.replaceChildren(); // it told of a run before this one
    if (isOn) {
      this.unseen ??= setTimeout(() => {
        this.progress.root.hidden = this.progress.over;
      }, UNSEEN_MS);
      return;
    }
    clearTimeout(this.unseen);
    this.unseen = undefined;
    this.progress.root.hidden = true;
  }

  /** Ask something about the open node and show the answer above its card; return all of the answer. */
  async ask(what, details = {}) {
    const node = this.open;
    this.answer.textContent = isAlone(this.root) ? GONE : "Asked…";
    if (isAlone(this.root)) return {};
    this.asking = true;
    const busy = setTimeout(() => {
      if (node === this.open) this.answer.textContent = this.progress.over ? QUEUED : RUNNING;
    }, BUSY_MS);
    const told = await this.kernel.ask(what, { node, ...details });
    clearTimeout(busy);
    this.asking = false;
    if (node === this.open) this.tell(told);
    return told;
  }

  /** Show an answer above the card. */
  tell({ html: made = "", problem }) {
    if (problem) this.answer.textContent = problem;
    else this.answer.innerHTML = made; // by the kernel, as a card is
  }

  onDetailsKey(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.close();
  }

  stop() {
    this.endRows();
    clearTimeout(this.hearing);
    clearTimeout(this.unseen);
    this.progress.stop();
    this.sizes.disconnect();
    this.kernel.stop();
  }

  close() {
    const name = this.open;
    const hadFocus = this.root.contains(document.activeElement);
    this.endRows();
    this.open = null;
    this.details.hidden = true;
    this.details.replaceChildren();
    this.traced = null;
    this.drawTrace();
    this.markOpen();
    if (hadFocus) this.cards.get(this.cards.has(name) ? name : this.focused)?.group.focus({ preventScroll: true });
  }
}

function render({ model, el }) {
  const view = new GraphView(model);
  const end = mount(model, el, view, {
    "change:graph": () => view.draw(),
    "change:grouping": () => view.groups(),
    "change:states": () => view.states(),
    "change:cards": () => view.fill(),
    "change:progress": () => view.followRun(),
  });
  view.draw();
  return end;
}

export default { render };
