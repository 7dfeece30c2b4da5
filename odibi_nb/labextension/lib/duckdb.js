// CodeMirror's PostgreSQL with what DuckDB has beside it: some words, and $parameters.

const KEYWORDS = new Set(
  ("anti asof columns exclude ilike lambda macro pivot positional qualify sample semi summarize " +
    "tablesample try_cast unpivot").split(" "),
);
const TYPES = new Set(
  "blob hugeint string timestamp_ms timestamp_ns timestamp_s tinyint ubigint uhugeint uinteger usmallint utinyint".split(" "),
);

/** Return a parser of DuckDB's SQL; the given one where it isn't built as expected. */
export function duckdbParser(parser, { styleTags, tags }) {
  const plain = parser.tokenizers?.find((one) => Object.hasOwn(one, "token"));
  const idOf = (name) => parser.nodeSet.types.find((type) => type.name === name)?.id;
  const [keyword, type, parameter] = ["Keyword", "Type", "SpecialVar"].map(idOf);
  if (!plain || keyword === undefined || type === undefined || parameter === undefined) return parser;
  const token = (input, stack) => {
    const length = wordLength(input, input.next === DOLLAR ? 1 : 0);
    const found = length > 0 ? kindOf(input, length, { keyword, type, parameter }) : undefined;
    if (found === undefined) {
      plain.token(input, stack);
    } else {
      input.advance(length);
      input.acceptToken(found);
    }
  };
  // Lab has colours for few tags: those of its Python.
  const styles = styleTags({
    Builtin: tags.standard(tags.variableName),
    SpecialVar: tags.special(tags.variableName),
    Type: tags.standard(tags.variableName),
  });
  return parser.configure({
    props: [styles],
    tokenizers: [{ from: plain, to: new plain.constructor(token) }],
  });
}

const DOLLAR = 36;

function kindOf(input, length, ids) {
  if (input.next === DOLLAR) return length > 1 && input.peek(length) !== DOLLAR ? ids.parameter : undefined;
  if (input.peek(-1) === 46 /* . */) return undefined;
  const word = String.fromCharCode(...Array.from({ length }, (_, at) => input.peek(at))).toLowerCase();
  return KEYWORDS.has(word) ? ids.keyword : TYPES.has(word) ? ids.type : undefined;
}

function wordLength(input, from) {
  let at = from;
  while (isWord(input.peek(at))) at += 1;
  return at;
}

const isWord = (code) =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122) || code > 127;
