// The command that formats the SQL of the active cell: the kernel does it, by odibi_nb.notebook.formatting.

const COMMAND = "odibi:format-sql";
const TITLE = "Format SQL of the node";
const MODULE = "odibi_nb.notebook.formatting";

export function addFormatting(app, { tracker, palette, shared }) {
  app.commands.addCommand(COMMAND, {
    label: TITLE,
    caption: "Lay out the SQL of this cell anew; comments stay",
    describedBy: { args: { type: "object", properties: {} } },
    isEnabled: () => tracker.activeCell?.model.type === "code",
    execute: async () => {
      try {
        await formatActive(tracker);
      } catch (error) {
        await show(shared, error.message);
      }
    },
  });
  app.commands.addKeyBinding({ command: COMMAND, keys: ["Accel Alt F"], selector: ".jp-Notebook.jp-mod-editMode" });
  palette?.addItem({ command: COMMAND, category: "Notebook Cell Operations" });
}

async function formatActive(tracker) {
  const cell = tracker.activeCell;
  const text = cell.model.sharedModel.getSource();
  const formatted = await askKernel(tracker.currentWidget.sessionContext.session?.kernel, text);
  if (cell.isDisposed || cell.model.sharedModel.getSource() !== text) {
    throw new Error("The cell has changed meanwhile: it is left as it is.");
  }
  if (formatted !== text) replace(cell, text, formatted);
}

async function askKernel(kernel, text) {
  if (!kernel) throw new Error("There is no kernel: formatting needs one, with odibi_nb installed.");
  const language = (await kernel.info).language_info.name;
  if (language !== "python") throw new Error(`The kernel speaks ${language}: formatting needs Python, with odibi_nb.`);
  // Silent, and an expression alone: no name, no history, no Out, no counting of cells.
  const call = `__import__(${JSON.stringify(MODULE)}, fromlist=["format_cell"]).format_cell(${JSON.stringify(text)})`;
  const content = { code: "", silent: true, store_history: false, user_expressions: { formatted: call } };
  const reply = (await kernel.requestExecute(content).done).content;
  const answer = reply.user_expressions?.formatted;
  if (answer?.status !== "ok") throw new Error(failure(answer ?? reply));
  const { error, text: formatted } = answer.data["application/json"];
  if (error) throw new Error(error);
  return formatted;
}

function failure({ ename, evalue }) {
  if (ename === "ModuleNotFoundError") {
    return "The kernel has no odibi_nb that formats: install it in the kernel's environment (pip install odibi_nb).";
  }
  return `The kernel could not format: ${[ename, evalue].filter(Boolean).join(": ") || "it gave no answer"}`;
}

/** Change what differs, in one undo step; the cursor stays beside the character beside which it was. */
function replace(cell, text, formatted) {
  let from = 0;
  while (from < Math.min(text.length, formatted.length) && text[from] === formatted[from]) from += 1;
  let end = 0;
  const most = Math.min(text.length, formatted.length) - from;
  while (end < most && text.at(-1 - end) === formatted.at(-1 - end)) end += 1;
  const view = cell.editor.editor;
  const undo = cell.model.sharedModel.undoManager;
  undo?.stopCapturing();
  view.dispatch({
    changes: { from, to: text.length - end, insert: formatted.slice(from, formatted.length - end) },
    selection: { anchor: samePlace(text, formatted, view.state.selection.main.head) },
    scrollIntoView: true,
    userEvent: "input.format",
  });
  undo?.stopCapturing();
}

/** Return where as many characters that are no blanks stand before it as before `position`. */
function samePlace(text, formatted, position) {
  let left = text.slice(0, position).replace(/\s/g, "").length;
  let at = 0;
  while (left > 0 && at < formatted.length) {
    if (/\S/.test(formatted[at])) left -= 1;
    at += 1;
  }
  const isBeforeWord = /\S/.test(text[position] ?? "");
  while (isBeforeWord && at < formatted.length && /\s/.test(formatted[at])) at += 1;
  return at;
}

async function show({ apputils, widgets }, message) {
  const node = document.createElement("pre");
  node.textContent = message;
  const buttons = [apputils.Dialog.okButton()];
  await apputils.showDialog({ title: TITLE, body: new widgets.Widget({ node }), buttons });
}
