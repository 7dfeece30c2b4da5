// What the Python parser of CodeMirror says of a text, for the rule of cell.js.

/** Return a function that gives the kinds of a text's statements, or null where it is no Python. */
export function statementsOf(parser) {
  // Strict stops at the first error: SQL costs a few tokens, however long it is.
  const strict = parser.configure({ strict: true });
  let last = { text: "", kinds: null };
  return (text) => {
    if (last.text !== text) last = { text, kinds: kinds(strict, withoutBrackets(text)) };
    return last.kinds;
  };
}

/** Return a text in which `with (a as b, c as d):` has no brackets: CodeMirror's parser doesn't know them. */
function withoutBrackets(text) {
  const found = /^(?:async\s+)?with\s*\(/m.exec(text);
  if (found === null) return text;
  const open = found.index + found[0].length;
  let depth = 1;
  let at = open;
  for (; at < text.length && depth > 0; at += 1) depth += { "(": 1, ")": -1 }[text[at]] ?? 0;
  if (!/^\s*:/.test(text.slice(at))) return text;
  const inside = text.slice(open, at - 1).replace(/\n/g, " ").replace(/,\s*$/, "");
  return `${text.slice(0, open - 1)} ${inside}${text.slice(at)}`;
}

function kinds(parser, text) {
  try {
    return children(parser.parse(text).topNode).map(kind);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function children(node) {
  const found = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name === "StatementGroup") found.push(...children(child));
    else if (child.name !== "Comment" && child.name !== ";") found.push(child);
  }
  return found;
}

function kind(statement) {
  const isAnnotation = statement.getChild("TypeDef") !== null && statement.getChild("AssignOp") === null;
  return statement.name === "AssignStatement" && isAnnotation ? "annotation" : statement.name;
}
