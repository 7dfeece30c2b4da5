// The languages of our cells, as an extension of every editor: it does nothing in other cells.

import { findMagic } from "./cell.js";
import { duckdbParser } from "./duckdb.js";
import { cellParser } from "./parser.js";
import { statementsOf } from "./python.js";

const MARKDOWN = /markdown|gfm/;
const OPENING = 4096; // the magic's line stands in as many characters, or the cell is none of ours

/** Return the factory that Lab calls for each new editor. shared: CodeMirror's packages; languages: Lab's registry. */
export function highlighting({ shared, languages }) {
  const { Compartment, EditorState, Prec, ViewPlugin } = { ...shared.state, ...shared.view };
  const slot = new Compartment();
  const views = new Set();
  let support = null;
  let loading = null;

  const isOurs = (doc, model) => !MARKDOWN.test(model.mimeType) && findMagic(doc.sliceString(0, OPENING)) !== null;

  // Loaded when a first cell needs them: most notebooks have none.
  const load = () => {
    loading ??= cellLanguage(shared, languages).then((language) => {
      support = Prec.highest(language.extension);
      views.forEach((refresh) => refresh());
    });
    loading.catch((error) => console.error("odibi-nb: cells stay plain Python", error));
  };

  return ({ model }) => [
    slot.of([]),
    EditorState.transactionExtender.of((change) => {
      const wanted = support !== null && isOurs(change.newDoc, model) ? support : null;
      const present = slot.get(change.startState) === support ? support : null;
      return wanted === present ? null : { effects: slot.reconfigure(wanted ?? []) };
    }),
    ViewPlugin.define((view) => {
      const refresh = () => view.dispatch({});
      const ask = () => (support === null && isOurs(view.state.doc, model) ? load() : undefined);
      views.add(refresh);
      ask();
      // A view can't be changed while it is being made.
      if (support !== null) queueMicrotask(() => views.has(refresh) && refresh());
      return { update: (change) => change.docChanged && ask(), destroy: () => views.delete(refresh) };
    }),
  ];
}

async function cellLanguage(shared, languages) {
  const names = { sql: "PostgreSQL", python: "Python", yaml: "YAML" };
  const load = async (name) => (await languages.getLanguage(name)).support.language.parser;
  const [sql, python, yaml] = await Promise.all(Object.values(names).map(load));
  const { Language, defineLanguageFacet } = shared.language;
  const parsers = { sql: duckdbParser(sql, shared.highlight), python, yaml };
  const parser = cellParser({ ...shared, parsers, statements: statementsOf(python) });
  return new Language(defineLanguageFacet({ commentTokens: { line: "#" } }), parser, [], "odibi");
}
