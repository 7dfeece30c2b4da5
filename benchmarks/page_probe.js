// What a benchmark does and sees in a page of JupyterLab. Times are milliseconds since 1970: the kernel has the same clock.

window.odibiProbe = (() => {
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const PATIENCE_MS = 60_000;
  const { commands, shell } = window.jupyterapp;
  const panel = shell.currentWidget;
  const { kernel } = panel.sessionContext.session;
  const real = kernel.requestExecute.bind(kernel);
  let hasWidgets = true;
  kernel.requestExecute = (content, ...rest) => real({ ...content, allow_stdin: hasWidgets }, ...rest);

  const now = () => performance.timeOrigin + performance.now();
  const cell = (at) => panel.content.widgets[at].node;

  /** Wait until what was changed just now is on the screen; return when that was. */
  function shown() {
    return new Promise((resolve) => {
      requestAnimationFrame(() => setTimeout(() => resolve(now()))); // the first task after a frame
    });
  }

  /** Wait until something holds; return when it was on the screen. */
  function seen(holds) {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`never seen: ${holds}`)), PATIENCE_MS);
      const look = () => {
        if (!holds()) return;
        clearTimeout(patience);
        changes.disconnect();
        shown().then(resolve);
      };
      const changes = new MutationObserver(look);
      changes.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      look();
    });
  }

  /** Run a cell. What is returned at once fills: when a widget's display arrived, how long the kernel took, an error. */
  function run(at) {
    const heard = { error: null, arrived: null };
    const hear = (_, { msg: { header, parent_header: parent, content }, direction }) => {
      const sent = Date.parse(header.date);
      if (direction !== "recv") return;
      if (header.msg_type === "execute_input") Object.assign(heard, { request: parent.msg_id, began: sent });
      if (parent.msg_id !== heard.request) return;
      if (header.msg_type === "display_data" && VIEW in content.data) heard.arrived ??= now();
      if (header.msg_type === "error") heard.error = `${content.ename}: ${content.evalue}`;
      if (header.msg_type === "status" && content.execution_state === "idle") heard.kernel = sent - heard.began;
    };
    kernel.anyMessage.connect(hear);
    panel.content.activeCellIndex = at;
    heard.done = commands.execute("notebook:run-cell").then(() => {
      kernel.anyMessage.disconnect(hear);
      return { error: heard.error, kernel: heard.kernel };
    });
    return heard;
  }

  /** Run a cell that shows a widget; `painted`: from its arrival until the page shows so many elements of it. */
  async function paint(at, selector, count) {
    const heard = run(at);
    const all = () => heard.error !== null || (heard.arrived !== null && cell(at).querySelectorAll(selector).length >= count);
    const painted = await seen(all);
    return { ...(await heard.done), painted: painted - heard.arrived };
  }

  /** Run a cell and note when each status of a node was on the screen. */
  async function follow(at) {
    const [statuses, noting] = [[], []];
    const note = async (told) => {
      const when = await shown();
      statuses.push(...told.map((one) => [...one, when]));
    };
    const changes = new MutationObserver((records) => {
      const nodes = records.map(({ target }) => target).filter((target) => target.matches(".odibi-dag-node"));
      noting.push(note(nodes.map(({ dataset }) => [dataset.node, dataset.status])));
    });
    changes.observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-status"] });
    const done = await run(at).done;
    await new Promise((resolve) => setTimeout(resolve, 500)); // the last one may still be under way
    changes.disconnect();
    await Promise.all(noting);
    return { ...done, statuses };
  }

  /** Scroll a table to a fraction of its height; return how long its rows there took, and the first of them. */
  async function scroll(at, fraction) {
    const grid = cell(at).querySelector(".odibi-rows-grid");
    const total = Number(grid.getAttribute("aria-rowcount")) - 1;
    const height = grid.scrollHeight - grid.clientHeight;
    const near = 40 + (2 * total) / height;
    const inView = () => {
      const top = grid.querySelector(".odibi-rows-heads").getBoundingClientRect().bottom;
      const { bottom } = grid.getBoundingClientRect();
      return [...grid.querySelectorAll(".odibi-rows-body > .odibi-rows-row")].filter((row) => {
        const box = row.getBoundingClientRect();
        return box.bottom > top + 1 && box.top < bottom - 1;
      });
    };
    const isThere = (row) => {
      const number = Number(row.getAttribute("aria-rowindex")) - 2;
      return Math.abs(number - fraction * total) < near && row.dataset.waiting === undefined;
    };
    const start = now();
    grid.scrollTop = fraction * height;
    const end = await seen(() => inView().length > 3 && inView().every(isThere));
    const [first] = inView();
    const cells = [...first.querySelectorAll(".odibi-rows-cell")].map((one) => one.textContent);
    return { took: end - start, row: Number(first.getAttribute("aria-rowindex")) - 2, cells };
  }

  /** Sort a table by a column; return how long its first rows in that order took. */
  async function sort(at, column) {
    const table = cell(at).querySelector(".odibi-rows");
    const start = now();
    table.querySelector(`.odibi-rows-column[data-column="${column}"] button`).click();
    const isThere = () => {
      const rows = [...table.querySelectorAll(".odibi-rows-body > .odibi-rows-row")];
      return rows.length > 3 && rows.every((row) => row.dataset.waiting === undefined);
    };
    return { took: (await seen(isThere)) - start };
  }

  /** Wait for the next key, and for the text of an element to be another one because of it. */
  function moved(selector) {
    const text = () => document.querySelector(selector)?.textContent;
    const before = text();
    let start = null;
    document.addEventListener("keydown", () => { start = now(); }, { capture: true, once: true });
    window.odibiMoved = seen(() => start !== null && text() !== undefined && text() !== before)
      .then((end) => ({ took: end - start, text: text() }));
  }

  /** Let cells find that somebody is there to use a widget, or not. */
  function setWidgets(on) {
    hasWidgets = on;
  }

  /** Return the value of an expression in the kernel, as text. */
  async function ask(expression) {
    const request = { code: "", silent: true, store_history: false, user_expressions: { asked: expression } };
    const { content } = await kernel.requestExecute(request).done;
    const { status, data, evalue } = content.user_expressions.asked;
    if (status !== "ok") throw new Error(evalue);
    return data["text/plain"];
  }

  async function save() {
    await commands.execute("docmanager:save");
  }

  async function clear(at) {
    panel.content.activeCellIndex = at;
    await commands.execute("notebook:clear-cell-output");
  }

  return { run: (at) => run(at).done, paint, follow, scroll, sort, moved, setWidgets, ask, save, clear, seen };
})();
