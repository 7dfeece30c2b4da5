// A cell as a tree: its magic's line, and each part parsed by its own language.

import { parts } from "./cell.js";

/**
 * Return the parser of a cell. common, highlight: @lezer's packages.
 * parsers: {sql, python, yaml}; what they have parsed is kept where an edit leaves it as it is.
 */
export function cellParser({ common, highlight, parsers, statements }) {
  const types = nodeTypes(common, highlight);
  const nest = common.parseMixed((node) => (node.name in parsers ? { parser: parsers[node.name] } : null));

  class CellParse {
    constructor(input, ranges) {
      Object.assign(this, { input, from: ranges[0].from, to: ranges.at(-1).to, stoppedAt: null });
      this.parsedPos = this.from;
    }

    advance() {
      const text = this.input.read(this.from, this.to);
      const found = parts(text, statements).filter((part) => part.from < part.to);
      const trees = found.map((part) => this.tree(part, text.slice(part.from, part.to)));
      this.parsedPos = this.to;
      return new common.Tree(types.cell, trees, found.map((part) => part.from), text.length);
    }

    tree({ language, from, to }, text) {
      const words = language === "magic" ? magicWords(text) : [];
      const trees = words.map((word) => new common.Tree(types[word.type], [], [], word.length));
      const type = types[language === "none" ? "python" : language];
      return new common.Tree(type, trees, words.map((word) => word.from), to - from);
    }

    stopAt(position) {
      this.stoppedAt = position; // the parts are found at once; their parsers stop
    }
  }

  return new (class extends common.Parser {
    createParse(input, fragments, ranges) {
      return nest(new CellParse(input, ranges), input, fragments, ranges);
    }
  })();
}

function nodeTypes({ NodeType }, { styleTags, tags }) {
  const styles = styleTags({
    "name divider": tags.meta,
    option: tags.attributeName,
    text: tags.content,
    quoted: tags.string,
  });
  const names = ["cell", "magic", "name", "option", "quoted", "divider", "yaml", "sql", "python", "text"];
  const made = names.map((name, id) => NodeType.define({ id, name, top: name === "cell", props: [styles] }));
  return Object.fromEntries(names.map((name, id) => [name, made[id]]));
}

function magicWords(line) {
  const found = line.matchAll(/(?<name>^%%\w+)|(?<=\s)(?<option>--?[A-Za-z][\w-]*)|(?<quoted>"[^"]*"|'[^']*')/g);
  return Array.from(found, (match) => ({
    type: Object.keys(match.groups).find((type) => match.groups[type] !== undefined),
    from: match.index,
    length: match[0].length,
  }));
}
