// Which part of a cell is in which language: the rules of odibi_nb/cells (magics.py, body.py, language.py).
// tests/browser/test_highlighting.py compares the two on one table of cells. Told there alone are misspelt fields, whose
// cells are errors either way, and `with x as (a, b):`, which the editor's parser doesn't know for Python.

const CELL_MAGIC = /^%%(odibi\w*)(?: (.*))?$/;
const BODIES = { odibi_expect: "sql", odibi_mock: "yaml", odibi_project: "yaml", odibi_sql: "sql", odibi_test: "yaml" };
const DIVIDER = "---";

const WORK = new Set(["read", "inputs", "transform", "write"]);
export const NODE_FIELDS = new Set([
  "cache", "columns", "contracts", "depends_on", "description", "enabled", "explanation", "explanation_file",
  "incremental", "inputs", "log_level", "materialize", "materialized", "name", "on_error", "params", "pattern",
  "post_sql", "pre_sql", "preview", "privacy", "process", "read", "recipe", "recipe_vars", "returns", "runbook_url",
  "schema_policy", "sensitive", "streaming", "tags", "transform", "transformer", "validation", "write",
]);
// Words that open SQL whatever Python makes of it; none at all is a template, to Python a set of a set.
const ALWAYS_SQL = new Set(["select", "values", ""]);
const SQL_WORDS = new Set([
  "alter", "analyze", "attach", "begin", "call", "checkpoint", "commit", "copy", "create", "deallocate", "delete",
  "desc", "describe", "detach", "drop", "execute", "explain", "export", "from", "grant", "insert", "install", "load",
  "merge", "pivot", "pragma", "prepare", "replace", "reset", "rollback", "select", "set", "show", "summarize", "table",
  "truncate", "unpivot", "update", "use", "vacuum", "values", "with",
]);
const COMMENT = /\s+|--[^\n]*|#[^\n]*|\/\*[^]*?(?:\*\/|$(?![^]))|;/y;
const KEY = /^(["']?)([\p{L}\p{N}_]+)\1\s*:(?:\s|$)/u;
const SQL_WORD = /^\(*\s*([A-Za-z_]+)/;
// After a first word, what only Python goes on with: `values = …`, `table.x`, `show: int`, `set, y = …`.
const PYTHON_GOES_ON = /^(?:\s*(?:=(?!=)|,|:(?!:))|\.[A-Za-z_]|\[)/;
const PYTHON_IMPORT = /^from\s+\.*[\p{L}\p{N}_.]*\s+import\b/u;
const PYTHON_WITH = /^(?:async\s+)?with\b[^\n#]*:\s*(?:#[^\n]*)?(?:\n|$)/;
// A CTE may go on with a line that ends in a colon: `with t as ( -- note:`.
const CTE =
  /^with\s+(?:recursive\s+)?[\p{L}\p{N}_]+\s*(?:\([\p{L}\p{N}_\s,]*\)\s*)?as\s+(?:not\s+)?(?:materialized\s+)?\(/iu;
const TEMPLATE = /^(?:\{\{|\{%)/;

/** Return {name, line, from, to, bodyFrom} of the `%%odibi…` magic that a cell consists of, or null. */
export function findMagic(text) {
  const opening = /^(?:[^\S\n]*\n)*/.exec(text)[0].length;
  const end = text.indexOf("\n", opening);
  const to = end < 0 ? text.length : end;
  const written = text.slice(opening, to);
  const found = CELL_MAGIC.exec(written.trim());
  const name = found?.[1];
  if (name === undefined || !(name === "odibi_node" || name in BODIES)) return null;
  const from = opening + written.length - written.trimStart().length;
  return { name, line: (found[2] ?? "").trim(), from, to, bodyFrom: Math.min(to + 1, text.length) };
}

/** Return the parts of a cell as [{language, from, to}], or [] where it is none of ours; see `findMagic`. */
export function parts(text, statements) {
  const magic = findMagic(text);
  if (magic === null) return [];
  const line = { language: "magic", from: magic.from, to: magic.to };
  const body = text.slice(magic.bodyFrom);
  if (magic.name !== "odibi_node") {
    const isCsv = magic.name === "odibi_mock" && option(magic.line, "--input") !== undefined;
    return [line, { language: isCsv ? "text" : BODIES[magic.name], from: magic.bodyFrom, to: text.length }];
  }
  const split = splitHeader(body);
  const at = magic.bodyFrom;
  const language = detectLanguage(split.body, option(magic.line, "--lang"), statements);
  const found = [line];
  if (split.header) {
    found.push({ language: "yaml", from: at, to: at + split.header });
    found.push({ language: "divider", from: at + split.header, to: at + split.divider });
  }
  found.push({ language, from: at + split.start, to: text.length });
  return found;
}

/** Return {body, start} of a node's text, and the ends of its YAML header and of the line that closes it (0: none). */
export function splitHeader(text) {
  const lines = text.split("\n");
  const isContent = (line) => line.trim() !== "" && line.trimEnd() !== DIVIDER && !line.startsWith("#");
  const opening = lines.findIndex(isContent);
  let end = -1;
  if (opening >= 0 && KEY.test(lines[opening])) {
    end = lines.findIndex((line, at) => at >= opening && line.trimEnd() === DIVIDER);
  }
  let first = end + 1;
  while (first < lines.length && lines[first].trim() === "") first += 1;
  const startOf = (line) => lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  const header = end < 0 ? 0 : startOf(end);
  const divider = end < 0 ? 0 : header + lines[end].length;
  return { header, divider, start: Math.min(startOf(first), text.length), body: lines.slice(first).join("\n").trimEnd() };
}

/**
 * Return "sql", "python", "yaml" or "none". lang: what the cell says.
 * statements: takes a text, returns what its Python statements are, null where it is no Python.
 */
export function detectLanguage(body, lang, statements) {
  const code = withoutComments(body);
  if (code === "") return "none";
  if (lang === "sql" || lang === "python" || lang === "yaml") return lang;
  const keys = topLevelKeys(body);
  const isOurs = (key) => NODE_FIELDS.has(key);
  if (keys?.some((key) => WORK.has(key)) && keys.every(isOurs)) return "yaml";
  if (opensSql(code) && (ALWAYS_SQL.has(sqlWord(code)) || statements(body) === null)) return "sql";
  if (keys?.some(isOurs) && !(statements(body) ?? []).some((one) => one !== "annotation")) return "yaml";
  return "python";
}

/** Return the value of an option on a magic's line; quotes are as in a POSIX shell. */
function option(line, name) {
  const words = (line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, one, two) => one ?? two),
  );
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return words[at] === name ? (words[at + 1] ?? "") : words[at].slice(name.length + 1);
}

function withoutComments(body) {
  let position = 0;
  for (;;) {
    COMMENT.lastIndex = position;
    if (!COMMENT.test(body)) return body.slice(position);
    position = COMMENT.lastIndex;
  }
}

function topLevelKeys(body) {
  const keys = [];
  for (const line of body.split("\n")) {
    if (line.trim() === "" || " \t#]}".includes(line[0])) continue;
    if (line.startsWith("- ") || line.startsWith(DIVIDER) || line === "-") continue;
    const found = KEY.exec(line);
    if (found === null) return null;
    keys.push(found[2]);
  }
  return keys.length > 0 ? keys : null;
}

const sqlWord = (code) => SQL_WORD.exec(code)?.[1].toLowerCase() ?? "";

function opensSql(code) {
  if (TEMPLATE.test(code)) return true;
  const found = SQL_WORD.exec(code);
  if (found === null || !SQL_WORDS.has(found[1].toLowerCase())) return false;
  if (PYTHON_IMPORT.test(code) || (PYTHON_WITH.test(code) && !CTE.test(code))) return false;
  return !PYTHON_GOES_ON.test(code.slice(found[0].length));
}
