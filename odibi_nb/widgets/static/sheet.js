// Rows of which only those in view are elements; page.js stands before it.

const ROW_HEIGHT = 24;
const TALLEST = 8e6; // pixels: what browsers still draw; beyond it the scrollbar is scaled
const WIDTHS = { least: 76, most: 340, character: 7.6, margin: 26, digit: 6.4 };
const AROUND = 4; // rows drawn above and below those in view

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

/** The cells of a table by row and column; `owner` tells their texts, and is told what came into view. */
class Sheet {
  constructor(owner) {
    this.owner = owner;
    this.own = `odibi-${Math.random().toString(36).slice(2)}`;
    this.rows = new Map();
    this.heads = new Map();
    this.total = 0;
    this.top = 0; // the number of the first row in view, with fractions
    this.active = { row: -1, column: 0 }; // row -1: the head
    this.head = html("div", { class: "odibi-rows-head", role: "row", "aria-rowindex": "1" });
    this.corner = html("div", { class: "odibi-rows-number", role: "columnheader", "aria-label": "row", "aria-colindex": "1" }, "#");
    this.body = html("div", { class: "odibi-rows-body", role: "rowgroup" });
    this.root = html("div", { class: "odibi-rows-grid", role: "grid", tabindex: "0", "aria-readonly": "true" },
      html("div", { role: "rowgroup", class: "odibi-rows-heads" }, this.head), this.body);
    this.root.addEventListener("scroll", () => this.scrolled());
    this.root.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.root.addEventListener("focus", () => this.draw());
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.root);
  }

  /** Take other columns: their widths, and what makes the head of each. */
  setColumns(widths, makeHead, digits) {
    this.number = Math.max(34, digits * WIDTHS.digit + 16);
    this.lefts = [this.number];
    for (const width of widths) this.lefts.push(this.lefts.at(-1) + width);
    this.count = widths.length;
    this.makeHead = makeHead;
    this.heads.clear();
    this.active.column = clamp(this.active.column, 0, this.count - 1);
    this.root.setAttribute("aria-colcount", this.count + 1);
    for (const part of [this.head, this.body]) part.style.width = `${this.lefts.at(-1)}px`;
    this.corner.style.width = `${this.number}px`;
    this.clear();
  }

  /** Take another number of rows, seen from the first on. */
  setTotal(total, top = 0) {
    this.total = total;
    this.root.setAttribute("aria-rowcount", total + 1);
    this.body.style.height = `${Math.min(total * ROW_HEIGHT, TALLEST)}px`;
    this.active.row = Math.min(this.active.row, total - 1);
    this.clear();
    this.moveTo(top);
  }

  clear() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.drawn = "";
  }

  stop() {
    this.sizes.disconnect();
  }

  hold() {
    this.held = [this.top, this.root.scrollLeft];
  }

  /** Show what was in view before it was taken off the page. */
  release() {
    if (!this.held) return;
    const [top, left] = this.held;
    this.held = null;
    this.root.scrollLeft = left;
    this.moveTo(top);
  }

  // ---------------------------------------------------------------- what is in view

  get isScaled() {
    return this.total * ROW_HEIGHT > TALLEST;
  }

  get inView() {
    return Math.max(1, (this.root.clientHeight - this.head.offsetHeight) / ROW_HEIGHT);
  }

  get lastTop() {
    return Math.max(0, this.total - this.inView);
  }

  get longest() {
    return Math.max(1, this.root.scrollHeight - this.root.clientHeight);
  }

  /** The first and the last row in view, and the first column and the one after the last. */
  get window() {
    const [left, right] = [this.root.scrollLeft + this.number, this.root.scrollLeft + this.root.clientWidth];
    let from = 0;
    while (from < this.count - 1 && this.lefts[from + 1] <= left) from += 1;
    let until = from + 1;
    while (until < this.count && this.lefts[until] < right) until += 1;
    const last = Math.min(this.total, Math.ceil(this.top + this.inView)) - 1;
    return { first: Math.floor(this.top), last, from, until };
  }

  scrolled() {
    const { scrollTop } = this.root;
    if (!this.isScaled) this.top = scrollTop / ROW_HEIGHT;
    else if (Math.abs(scrollTop - this.placed) > 1) this.top = (scrollTop / this.longest) * this.lastTop;
    this.draw();
  }

  onWheel(event) {
    if (!this.isScaled || !event.deltaY || event.ctrlKey || event.shiftKey) return;
    const unit = [1 / ROW_HEIGHT, 1, this.inView][event.deltaMode];
    const next = clamp(this.top + event.deltaY * unit, 0, this.lastTop);
    if (next === this.top) return; // the page scrolls on
    event.preventDefault();
    this.moveTo(next);
  }

  moveTo(top) {
    this.top = clamp(top, 0, this.lastTop);
    this.root.scrollTop = this.isScaled ? (this.top / this.lastTop) * this.longest : this.top * ROW_HEIGHT;
    this.placed = this.root.scrollTop;
    this.draw();
  }

  /** Make a cell the active one, and scroll only as far as needed for it to be in view. */
  go(row, column) {
    this.active = { row: clamp(row, -1, this.total - 1), column: clamp(column, 0, this.count - 1) };
    const [left, right] = [this.lefts[this.active.column] - this.number, this.lefts[this.active.column + 1]];
    if (left < this.root.scrollLeft) this.root.scrollLeft = left;
    else if (right > this.root.scrollLeft + this.root.clientWidth) this.root.scrollLeft = right - this.root.clientWidth;
    const at = this.active.row;
    if (at >= 0 && at < this.top) this.moveTo(at);
    else if (at + 1 > this.top + this.inView) this.moveTo(at + 1 - Math.floor(this.inView));
    else this.draw();
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    if (!this.lefts) return;
    const { first, last, from, until } = this.window;
    const columns = `${from} ${until}`;
    if (columns !== this.drawn) {
      this.clear();
      this.drawn = columns;
      const heads = [];
      for (let column = from; column < until; column += 1) heads.push(this.headOf(column));
      const kept = document.activeElement;
      this.head.replaceChildren(this.corner, ...heads);
      if (this.head.contains(kept)) kept.focus({ preventScroll: true });
    }
    for (const [number, row] of this.rows) {
      if (number < first - AROUND || number > last + AROUND) {
        row.remove();
        this.rows.delete(number);
      }
    }
    for (let number = Math.max(0, first - AROUND); number <= Math.min(this.total - 1, last + AROUND); number += 1) {
      this.place(number, from, until);
    }
    this.mark();
    this.owner.seen({ first, last, from, until });
  }

  place(number, from, until) {
    let row = this.rows.get(number);
    if (row === undefined) {
      row = html("div", { class: "odibi-rows-row", role: "row", "aria-rowindex": number + 2 });
      this.rows.set(number, row);
      this.body.append(row);
      this.fill(row, number, from, until);
    } else if (row.dataset.waiting !== undefined) this.fill(row, number, from, until);
    const y = this.isScaled ? this.root.scrollTop + (number - this.top) * ROW_HEIGHT : number * ROW_HEIGHT;
    row.style.transform = `translateY(${y}px)`;
  }

  fill(row, number, from, until) {
    const label = html("div", { class: "odibi-rows-number", role: "rowheader", "aria-colindex": "1" }, (number + 1).toLocaleString("en"));
    label.style.width = `${this.number}px`;
    const cells = [];
    delete row.dataset.waiting;
    for (let column = from; column < until; column += 1) {
      const text = this.owner.text(number, column); // undefined: not here yet; null: NULL
      const cell = html("div", { role: "gridcell", "aria-colindex": column + 2, "data-row": number, "data-column": column });
      cell.className = `odibi-rows-cell${this.owner.isRight(column) ? " odibi-rows-right" : ""}`;
      if (text === undefined) row.dataset.waiting = "";
      else if (text === null) cell.append(html("i", { class: "odibi-rows-null" }, "NULL"));
      else cell.textContent = text;
      this.side(cell, column);
      cells.push(cell);
    }
    row.setAttribute("aria-busy", row.dataset.waiting !== undefined);
    row.replaceChildren(label, ...cells);
  }

  side(element, column) {
    element.style.left = `${this.lefts[column]}px`;
    element.style.width = `${this.lefts[column + 1] - this.lefts[column]}px`;
  }

  headOf(column) {
    if (!this.heads.has(column)) {
      const made = this.makeHead(column);
      made.setAttribute("aria-colindex", column + 2);
      this.side(made, column);
      this.heads.set(column, made);
    }
    return this.heads.get(column);
  }

  /** Show which cell is the active one, to the eye and to screen readers. */
  mark() {
    this.marked?.removeAttribute("id");
    this.marked?.classList.remove("odibi-rows-active");
    const { row, column } = this.active;
    const cell = row < 0 ? this.heads.get(column) : this.rows.get(row)?.querySelector(`[data-column="${column}"]`);
    this.marked = cell?.isConnected ? cell : null;
    if (this.marked === null) {
      this.root.removeAttribute("aria-activedescendant");
      return;
    }
    this.marked.id = `${this.own}-active`;
    this.marked.classList.add("odibi-rows-active");
    this.root.setAttribute("aria-activedescendant", this.marked.id);
  }
}
