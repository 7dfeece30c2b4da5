// How far a run is, and the button that ends it; page.js stands before it.

const TICK_MS = 200;
const PATIENCE_MS = 2000;
const MOST_RUNNING = 8;

/** Return seconds as a person says them. */
function seconds(value) {
  if (value < 9.95) return `${Math.max(0, value).toFixed(1)} s`;
  const whole = Math.round(value);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Say something to those who can't see it. It outlives what says it: a run's view goes when the run ends. */
function announce(text) {
  let region = document.querySelector(".odibi-said");
  if (region === null) {
    region = html("div", { class: "odibi-said", role: "status", "aria-live": "polite" });
    // Its style sheet goes with the view.
    region.style.cssText = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
    document.body.append(region);
  }
  if (region.textContent !== text) region.textContent = text; // several graphs tell of one run
}

/** A run on the page. `kernel` is page.js's; `show` takes what `progress_of` in widgets/run.py returns. */
class RunProgress {
  constructor(kernel) {
    this.kernel = kernel;
    this.state = null;
    this.told = new Set();
    this.asked = false;
    this.build();
  }

  build() {
    this.title = html("span", { class: "odibi-run-title" });
    this.count = html("span", {});
    this.time = html("span", { class: "odibi-run-time" });
    this.button = button("Cancel", "Cancel this run", () => this.cancel(), { class: "odibi-run-cancel" });
    this.button.addEventListener("keydown", (event) => event.stopPropagation()); // else Jupyter takes the keys
    this.fill = html("div", { class: "odibi-run-fill" });
    this.bar = html("div", { class: "odibi-run-bar", role: "progressbar", "aria-label": "Nodes that have ended", "aria-valuemin": "0" }, this.fill);
    this.running = html("ul", { class: "odibi-run-list", "aria-label": "Running now" });
    this.counts = html("div", { class: "odibi-run-counts" });
    this.note = html("div", { class: "odibi-run-note", hidden: "" });
    this.failed = html("div", {});
    this.root = html("div", { class: "odibi-run", role: "group", "aria-label": "Run" },
      html("div", { class: "odibi-run-head" }, this.title, this.count, this.time, this.button),
      this.bar, this.running, this.counts, this.note, this.failed);
  }

  get over() {
    return this.state === null || this.state.status !== "running";
  }

  show(state) {
    const began = this.over && state.status === "running";
    this.state = state;
    this.since = performance.now();
    if (began) this.begin();
    this.title.textContent = state.title;
    this.count.textContent = `${state.done.toLocaleString("en")} of ${plural(state.nodes, "node")}`;
    this.fill.style.width = `${state.nodes ? (100 * state.done) / state.nodes : 0}%`;
    this.bar.setAttribute("aria-valuemax", state.nodes);
    this.bar.setAttribute("aria-valuenow", state.done);
    this.root.toggleAttribute("data-failed", state.failed.length > 0);
    this.root.dataset.status = state.status;
    this.showRunning();
    this.counts.replaceChildren(...state.finished.map(([status, count, mark]) => {
      return html("span", { "data-status": status }, `${mark} ${count.toLocaleString("en")} ${status}`);
    }));
    this.showFailed();
    this.tick();
    if (this.over) this.end(`${state.title}: run ${state.status}`);
  }

  begin() {
    this.told.clear();
    this.failed.replaceChildren();
    this.asked = false;
    this.note.hidden = true;
    this.setButton("Cancel", false);
    announce(`${this.state.title}: run of ${plural(this.state.nodes, "node")} started`);
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  showRunning() {
    const shown = this.state.running.slice(0, MOST_RUNNING);
    this.took = shown.map(() => html("span", { class: "odibi-run-took" }));
    const lines = shown.map(({ name }, place) => html("li", { "data-node": name },
      html("span", { class: "odibi-run-mark", "aria-hidden": "true" }, "▶"),
      html("span", { class: "odibi-run-name", title: name }, name), this.took[place]));
    const more = this.state.running.length - shown.length;
    this.running.replaceChildren(...lines, ...(more > 0 ? [html("li", {}, `and ${more} more`)] : []));
  }

  showFailed() {
    for (const { node, html: error } of this.state.failed) {
      if (this.told.has(node)) continue;
      this.told.add(node);
      const block = html("div", {});
      block.innerHTML = error; // made by the kernel from escaped texts; it holds no script
      block.querySelector("[role=alert]")?.removeAttribute("role"); // it is announced once, in short
      this.failed.append(html("div", { class: "odibi-failure", "data-node": node }, html("b", {}, node), block));
      announce(`${node} failed`);
    }
  }

  /** The clock goes on while the kernel has nothing new to tell. */
  tick() {
    if (!this.over && this.isLost) this.lose();
    const { running, elapsed, left, then, unknown, done, nodes } = this.state;
    const passed = this.over ? 0 : (performance.now() - this.since) / 1000;
    this.took?.forEach((took, place) => {
      const { elapsed: already, expected } = running[place];
      took.textContent = seconds(already + passed) + (expected === null ? "" : ` of about ${seconds(expected)}`);
    });
    const now = elapsed + passed;
    let time = seconds(now);
    if (!this.over) {
      time += left === null ? ` · time left unknown: ${plural(unknown, "node")} never ran`
        : ` of about ${seconds(now + Math.max(then, left - passed))}`;
    }
    this.time.textContent = time;
    this.bar.setAttribute("aria-valuetext", `${done} of ${plural(nodes, "node")}, ${time}`);
  }

  setButton(label, isOff) {
    this.button.textContent = label;
    this.button.setAttribute("aria-disabled", isOff); // not disabled: that would lose the keyboard's place
  }

  async cancel() {
    if (this.over || this.asked) return;
    this.asked = true;
    this.setButton("Cancelling…", true);
    announce("Cancelling the run");
    this.patience = setTimeout(() => {
      this.note.textContent = "The run is still going on. ■ (interrupt the kernel) ends it too.";
      this.note.hidden = false;
      this.asked = false;
      this.setButton("Cancel", false);
    }, PATIENCE_MS);
    // A busy kernel hears of messages only when its cell has ended, of an interrupt at once.
    if (!(this.state.interruptible && await this.interrupt())) this.kernel.ask("cancel");
  }

  /** Do what ■ does; return whether the page lets a widget do it. */
  async interrupt() {
    try {
      const kernel = this.kernel.model.widget_manager?.kernel;
      if (typeof kernel?.interrupt !== "function") return false;
      await kernel.interrupt();
      return true;
    } catch {
      return false; // the kernel is asked in another way then
    }
  }

  /** Whether the kernel that runs this is gone; what one started anew does, its widgets don't hear. */
  get isLost() {
    return isAlone(this.root) || LOST.includes(this.kernel.model.widget_manager?.kernel?.status);
  }

  /** Say that nobody is there any more who would tell how it goes on. */
  lose() {
    this.note.textContent = "The kernel is gone, and this run with it.";
    this.note.hidden = false;
    this.state = { ...this.state, status: "cancelled", running: [] };
    this.showRunning();
    this.end(this.note.textContent);
  }

  end(said) {
    clearInterval(this.timer);
    clearTimeout(this.patience);
    this.timer = undefined;
    this.setButton("Cancel", true);
    announce(said);
  }

  stop() {
    if (!this.over) this.end(`${this.state.title}: run ended`);
    this.state = null;
  }
}
