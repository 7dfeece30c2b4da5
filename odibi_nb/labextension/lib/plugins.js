// The plugins that Lab and Notebook start.

import { addFormatting } from "./formatting.js";
import { highlighting } from "./highlighting.js";

const SHARED = {
  apputils: "@jupyterlab/apputils",
  codemirror: "@jupyterlab/codemirror",
  common: "@lezer/common",
  highlight: "@lezer/highlight",
  language: "@codemirror/language",
  notebook: "@jupyterlab/notebook",
  state: "@codemirror/state",
  view: "@codemirror/view",
  widgets: "@lumino/widgets",
};

/** Return the plugins. load: gives a package that Lab shares, by its name. */
export async function plugins(load) {
  const modules = await Promise.all(Object.values(SHARED).map(load));
  const shared = Object.fromEntries(Object.keys(SHARED).map((key, at) => [key, modules[at]]));
  const { EditorExtensionRegistry, IEditorExtensionRegistry, IEditorLanguageRegistry } = shared.codemirror;
  return [
    {
      id: "odibi-nb:highlighting",
      description: "SQL and YAML in the cells of odibi_nb.",
      autoStart: true,
      requires: [IEditorExtensionRegistry, IEditorLanguageRegistry],
      activate: (_, extensions, languages) => {
        const make = highlighting({ shared, languages });
        const factory = (options) => EditorExtensionRegistry.createImmutableExtension(make(options));
        extensions.addExtension({ name: "odibi-nb", factory });
      },
    },
    {
      id: "odibi-nb:formatting",
      description: "Formats the SQL of a cell of odibi_nb.",
      autoStart: true,
      requires: [shared.notebook.INotebookTracker],
      optional: [shared.apputils.ICommandPalette],
      activate: (app, tracker, palette) => addFormatting(app, { tracker, palette, shared }),
    },
  ];
}
