// A node's rows, page by page, sorted and filtered by the kernel; page.js, sheet.js and summary.js stand before it.

const BLOCK = { rows: 100, columns: 24, kept: 80 };
const ROOM = { most: 380, head: 86, rows: 2 }; // pixels; of a short result no more than it fills
const GREY_AFTER_MS = 300;
const CUT = 60; // characters of a text; of a longer one the kernel has the rest
const KEYS = "Arrow keys move, Enter on a column's head sorts (Shift: as a second key), / filters, Ctrl+C copies the whole value";

/** A table of all rows of one node. Several may share a kernel; each asks under a name of its own. */
class TableView {
  constructor(kernel, node) {
    this.kernel = kernel;
    this.node = node;
    this.view = Math.random().toString(36).slice(2);
    this.version = 0;
    this.forget();
    this.sheet = new Sheet(this);
    this.status = html("span", { class: "odibi-rows-status", role: "status", "aria-live": "polite" });
    this.notice = html("div", { class: "odibi-rows-notice", role: "alert", hidden: "" });
    this.summing = button("Summaries", "Sum up each column in view: NULLs, different values, how they are spread; over all rows", () => this.toggle(), { "aria-pressed": "false" });
    this.clearing = button("Clear", "Show all rows as they stand: no sort, no filter", () => this.clear(), { hidden: "" });
    const saving = button("Export page as CSV", "Save the pages that are in view, with whole values", () => this.save());
    this.root = html("div", { class: "odibi-rows", "data-lm-suppress-shortcuts": "true" },
      html("div", { class: "odibi-rows-bar" }, this.status, this.clearing, this.summing, saving), this.notice, this.sheet.root);
    this.sheet.root.setAttribute("aria-label", `Rows of ${node}`);
    this.sheet.root.setAttribute("aria-description", KEYS);
    this.sheet.root.addEventListener("click", (event) => this.onClick(event));
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.hear = (told) => told.what === "rows.news" && told.view === this.view && this.tell(told);
    kernel.model.on("msg:custom", this.hear);
  }

  forget() {
    this.columns = [];
    this.sort = [];
    this.filters = {};
    this.wrong = {};
    this.summaries = {};
    this.blocks = new Map();
  }

  /** Show the result that the node has now. */
  async open() {
    this.forget();
    this.version += 1;
    const answer = await this.ask("rows.open", { node: this.node }, "computing all rows…");
    if (answer === null) return;
    this.columns = answer.columns;
    this.right = answer.right_aligned;
    this.rows = answer.rows;
    this.digits = answer.rows.toLocaleString("en").length;
    this.sheet.active = { row: 0, column: 0 };
    this.root.style.setProperty("--odibi-room", `${Math.min(ROOM.most, ROOM.head + Math.max(answer.rows, ROOM.rows) * ROW_HEIGHT)}px`);
    this.fit(this.columns.map((column, at) => this.width(at, [])));
    this.tell(answer);
    this.show(answer.rows);
  }

  putInPlaceOf(element) {
    element.replaceWith(this.root);
    this.sheet.release();
  }

  /** Remember what is in view: taken off the page, an element forgets how far it was scrolled. */
  hold() {
    this.sheet.hold();
  }

  stop() {
    this.version += 1;
    this.sheet.stop();
    this.kernel.model.off("msg:custom", this.hear);
    this.kernel.model.send({ what: "rows.close", view: this.view });
  }

  // ---------------------------------------------------------------- asking

  /** Ask the kernel; null where the answer is of no use any more, or was a problem, which is shown. */
  async ask(what, details, doing) {
    if (isAlone(this.root)) {
      this.warn("The kernel that has these rows is gone: run the cell again.", "");
      return null;
    }
    const { version } = this;
    const say = (text) => version === this.version && this.say(text);
    let patience = setTimeout(() => say("waiting for the kernel…"), GREY_AFTER_MS);
    const state = { view: this.view, sort: this.sort, filters: this.filters };
    const answer = await this.kernel.ask(what, { ...state, ...details }, () => {
      clearTimeout(patience);
      patience = setTimeout(() => say(doing), GREY_AFTER_MS);
    });
    clearTimeout(patience);
    if (version !== this.version || answer.superseded) return null;
    if (answer.closed) {
      this.warn("The kernel has closed this table for newer ones.", "Open it again");
      return null;
    }
    if (answer.problem) {
      this.warn(answer.problem, "Try again");
      return null;
    }
    return answer;
  }

  /** Fetch what is in view and not here yet; one page at a time, so that what was scrolled past is never asked for. */
  async fetch() {
    if (this.fetching === this.version || !this.columns.length) return;
    const missing = this.missing();
    if (missing === null) return;
    this.fetching = this.version;
    const [first, column] = [missing[0] * BLOCK.rows, missing[1] * BLOCK.columns];
    const busy = this.sort.length ? "sorting…" : Object.keys(this.filters).length ? "filtering…" : "loading…";
    const { version } = this;
    const answer = await this.ask("rows.page", { first, rows: BLOCK.rows, column, columns: BLOCK.columns }, busy);
    if (version === this.version) this.fetching = null;
    if (answer !== null) this.take(answer, missing.join(" "));
  }

  take(answer, key) {
    this.wrong = answer.wrong ?? {};
    for (const [column, head] of this.sheet.heads) this.showWrong(head, column);
    if (answer.wrong) {
      this.show(0);
      this.say("no rows: a filter can't be read");
      return;
    }
    const isFirst = this.blocks.size === 0;
    this.blocks.set(key, answer);
    if (this.blocks.size > BLOCK.kept) this.blocks.delete(this.blocks.keys().next().value);
    if (answer.news) this.tell(answer);
    if (isFirst && !this.fitted) this.fitTo(answer);
    if (answer.total !== this.sheet.total) this.show(answer.total);
    else this.sheet.draw();
  }

  missing() {
    const { first, last, from, until } = this.sheet.window;
    if (this.sheet.total === 0) return this.unknown ? [0, 0] : null;
    for (let row = Math.floor(first / BLOCK.rows); row <= Math.floor(last / BLOCK.rows); row += 1) {
      for (let column = Math.floor(from / BLOCK.columns); column <= Math.floor((until - 1) / BLOCK.columns); column += 1) {
        if (!this.blocks.has(`${row} ${column}`)) return [row, column];
      }
    }
    return null;
  }

  /** Ask for the rows in another order, from the first on. */
  reorder() {
    this.version += 1;
    this.blocks.clear();
    this.unknown = true;
    for (const [column, head] of this.sheet.heads) this.showSort(head, column);
    this.clearing.hidden = !this.sort.length && !Object.keys(this.filters).length;
    this.sheet.clear();
    this.sheet.moveTo(0);
    this.fetch();
  }

  // ---------------------------------------------------------------- what the sheet asks

  text(row, column) {
    const page = this.blocks.get(`${Math.floor(row / BLOCK.rows)} ${Math.floor(column / BLOCK.columns)}`);
    return page?.rows[row - page.first]?.[column - page.column];
  }

  isRight(column) {
    return this.right[column];
  }

  seen({ first, last, from, until }) {
    if (this.missing() !== null) this.fetch();
    else this.sayRows(first, last);
    if (this.isSumming) this.sumUp(from, until);
  }

  // ---------------------------------------------------------------- saying

  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  sayRows(first, last) {
    if (Object.keys(this.wrong).length) return;
    const { total } = this.sheet;
    const all = total === this.rows ? "" : ` (${this.rows.toLocaleString("en")} in all)`;
    const range = `rows ${(first + 1).toLocaleString("en")}–${(last + 1).toLocaleString("en")} of ${total.toLocaleString("en")}`;
    this.say((total ? range : "no rows") + all);
  }

  tell({ news, stale }) {
    if (news === "replaced") this.warn("A newer result is there; these are the rows of the one before.", "Show the new one");
    else if (news === "gone") this.warn("These rows are gone: the node failed, was dropped, or has been computed anew.", "");
    else if (stale) this.warn(`STALE: this is the last result; ${stale}`, "");
    else this.notice.hidden = true;
  }

  warn(text, act) {
    this.notice.replaceChildren(html("span", {}, text), ...(act ? [button(act, act, () => this.open())] : []));
    this.notice.hidden = false;
  }

  show(total) {
    this.unknown = false;
    this.sheet.setTotal(total);
  }

  // ---------------------------------------------------------------- columns

  width(at, texts) {
    const { name, type } = this.columns[at];
    const longest = Math.max(name.length + 3, Math.min(type.length, 24), ...texts.map((text) => text?.length ?? 4));
    return clamp(longest * WIDTHS.character + WIDTHS.margin, WIDTHS.least, WIDTHS.most);
  }

  fit(widths) {
    this.widths = widths;
    this.fitted = false;
    this.sheet.setColumns(widths, (column) => this.head(column), this.digits);
  }

  /** Make columns as wide as what is in them, once: of the first page. */
  fitTo(page) {
    const widths = this.widths.map((width, at) => {
      const inPage = at >= page.column && at < page.column + (page.rows[0]?.length ?? 0);
      return inPage ? this.width(at, page.rows.map((row) => row[at - page.column])) : width;
    });
    this.fit(widths);
    this.fitted = true;
  }

  head(column) {
    const { name, type } = this.columns[column];
    const sort = html("button", { type: "button", class: "odibi-rows-sort", tabindex: "-1", title: `${name} ${type}: sort (Shift: as a second key)` },
      html("span", { class: "odibi-rows-name" }, name), html("span", { class: "odibi-rows-arrow", "aria-hidden": "true" }));
    const box = html("input", { type: "text", tabindex: "-1", placeholder: "filter", spellcheck: "false", "aria-label": `Filter ${name}`,
      title: "text, = 5, > 10, <= 2024-01-01, a..b, in (a, b), null, !null; then Enter" });
    box.value = this.filters[column] ?? "";
    const head = html("div", { class: "odibi-rows-column", role: "columnheader", "data-column": column }, sort,
      html("span", { class: "odibi-rows-type" }, type), box, html("span", { class: "odibi-rows-wrong", role: "alert" }), html("div", { class: "odibi-rows-summary" }));
    sort.addEventListener("click", (event) => this.sortBy(column, event.shiftKey));
    box.addEventListener("change", () => this.filter(column, box.value));
    this.showSort(head, column);
    this.showWrong(head, column);
    this.showSummary(head, column);
    return head;
  }

  showSort(head, column) {
    const at = this.sort.findIndex(([one]) => one === Number(column));
    const word = at < 0 ? "none" : this.sort[at][1] ? "descending" : "ascending";
    head.setAttribute("aria-sort", word);
    const arrow = { none: "", ascending: "▲", descending: "▼" }[word];
    head.querySelector(".odibi-rows-arrow").textContent = arrow + (this.sort.length > 1 && at >= 0 ? at + 1 : "");
  }

  showWrong(head, column) {
    const message = this.wrong[column] ?? "";
    head.querySelector(".odibi-rows-wrong").textContent = message;
    head.querySelector("input").setAttribute("aria-invalid", Boolean(message));
  }

  /** Sort by a column: rising, falling, not at all; `more`: besides the columns that sort already. */
  sortBy(column, more) {
    const before = this.sort.find(([one]) => one === column);
    const next = before === undefined ? [[column, false]] : before[1] ? [] : [[column, true]];
    const others = more ? this.sort.filter(([one]) => one !== column) : [];
    const place = more && before ? this.sort.indexOf(before) : others.length;
    this.sort = [...others.slice(0, place), ...next, ...others.slice(place)];
    this.reorder();
  }

  filter(column, text) {
    if ((this.filters[column] ?? "") === text.trim()) return;
    this.filters = { ...this.filters, [column]: text.trim() };
    if (!text.trim()) delete this.filters[column];
    this.reorder();
  }

  clear() {
    this.sort = [];
    this.filters = {};
    this.wrong = {};
    for (const [column, head] of this.sheet.heads) {
      head.querySelector("input").value = "";
      this.showWrong(head, column);
    }
    this.reorder();
    this.sheet.root.focus({ preventScroll: true });
  }

  // ---------------------------------------------------------------- summaries

  toggle() {
    this.isSumming = !this.isSumming;
    this.summing.setAttribute("aria-pressed", this.isSumming);
    this.root.classList.toggle("odibi-rows-summing", this.isSumming);
    this.sheet.draw();
  }

  /** Ask once for all columns in view that aren't summed up yet. */
  async sumUp(from, until) {
    const asked = [];
    for (let column = from; column < until; column += 1) if (!(column in this.summaries)) asked.push(column);
    if (!asked.length) return;
    for (const column of asked) this.summaries[column] = null;
    const answer = await this.kernel.ask("rows.summaries", { view: this.view, sort: this.sort, filters: this.filters, columns: asked });
    for (const column of asked) {
      if (answer.summaries) this.summaries[column] = answer.summaries[column];
      else delete this.summaries[column]; // given up for another order: asked again when it is drawn
    }
    for (const [column, head] of this.sheet.heads) this.showSummary(head, column);
    if (answer.problem) this.warn(answer.problem, "Try again");
  }

  showSummary(head, column) {
    const one = this.summaries[column];
    const place = head.querySelector(".odibi-rows-summary");
    if (!one) {
      place.textContent = one === null ? "…" : "";
      return;
    }
    drawSummary(place, one);
  }

  // ---------------------------------------------------------------- acting

  async copy() {
    const { row, column } = this.sheet.active;
    if (row < 0) return;
    let text = this.text(row, column);
    if (text === undefined) return;
    if (text !== null && text.length >= CUT) {
      const answer = await this.ask("rows.value", { first: row, column }, "copying…");
      if (answer === null) return;
      text = answer.value;
    }
    await copyText(text ?? "");
    this.say(`copied ${this.columns[column].name} of row ${(row + 1).toLocaleString("en")}`);
  }

  async save() {
    const { first, last } = this.sheet.window;
    const from = Math.floor(first / BLOCK.rows) * BLOCK.rows;
    const rows = (Math.floor(Math.max(last, 0) / BLOCK.rows) + 1) * BLOCK.rows - from;
    const answer = await this.ask("rows.csv", { first: from, rows }, "exporting…");
    if (answer === null) return;
    const url = URL.createObjectURL(new Blob([answer.csv], { type: "text/csv;charset=utf-8" }));
    html("a", { href: url, download: `${this.node}_rows_${from + 1}-${Math.min(from + rows, this.sheet.total)}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    this.sayRows(first, last);
  }

  onClick(event) {
    const cell = event.target.closest("[data-column]");
    if (cell === null || event.target.closest("input")) return;
    this.sheet.go(Number(cell.dataset.row ?? -1), Number(cell.dataset.column));
    if (!String(getSelection())) this.sheet.root.focus({ preventScroll: true });
  }

  onKey(event) {
    event.stopPropagation(); // else Jupyter's command mode takes the keys
    if (event.target.matches("input")) this.onBoxKey(event);
    else if (event.target === this.sheet.root && this.act(event)) event.preventDefault();
  }

  onBoxKey(event) {
    if (!["Enter", "Escape", "ArrowDown"].includes(event.key)) return;
    const column = Number(event.target.closest("[data-column]").dataset.column);
    if (event.key === "Escape") event.target.value = this.filters[column] ?? "";
    else this.filter(column, event.target.value);
    event.preventDefault();
    if (event.key !== "Enter") this.sheet.root.focus({ preventScroll: true });
  }

  /** Do what a key says; return whether it says anything. */
  act(event) {
    const { sheet } = this;
    const { row, column } = sheet.active;
    const all = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(sheet.inView) - 1);
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [Math.max(0, row - page), column], PageDown: [row + page, column],
      Home: [all ? 0 : row, 0], End: [all ? sheet.total - 1 : row, sheet.count - 1],
    };
    if (event.key in moves) sheet.go(...moves[event.key]);
    else if (event.key === "Enter" && row < 0) this.sortBy(column, event.shiftKey);
    else if (event.key === "/") {
      sheet.go(row, column);
      sheet.heads.get(column)?.querySelector("input").focus({ preventScroll: true });
    } else if (all && event.key.toLowerCase() === "c" && !String(getSelection())) this.copy();
    else return false;
    return true;
  }
}

/** Return the preview in a node's card; null where it has none. */
function previewOf(card) {
  return card.querySelector(":scope > .odibi-scroll");
}

/** Offer all rows of a node below the preview of its card; `opened` gets the table. */
function offerRows(preview, kernel, node, opened) {
  const opener = button("All rows", "Page through all rows, sort and filter them", () => {
    const table = new TableView(kernel, node);
    opened(table);
    opener.remove();
    table.putInPlaceOf(preview);
    table.sheet.root.focus({ preventScroll: true });
    table.open();
  });
  preview.after(opener);
}
