"""What may stand at a place in a node's Python, as far as it is about nodes; the rest is for IPython to say."""

from __future__ import annotations

import re

from odibi_nb.completion.known import Known
from odibi_nb.completion.offers import NOTHING, Offers, beginning_with, of_kind

__all__ = ["python_offers"]

# One pair of parentheses may stand in a signature: that of a default or an annotation.
_SIGNATURE = r"def\s+{name}\s*\(((?:[^()]|\([^()]*\))*)\Z"
_ITEM = re.compile(r"""\b(\w+)\[\[?\s*(?:(?:"[^"\n]*"|'[^'\n]*')\s*,\s*)*["']([^"'\n]*)\Z""")
_ATTRIBUTE = re.compile(r"(?<![\w.])([^\W\d]\w*)\.(\w*)\Z")
_OTHER_SIGNATURE = re.compile(r"def\s+\w+\s*\([^)]*\Z")
_NAME = re.compile(r"""(?<![\w."'])[^\W\d]\w*\Z""")


def python_offers(text: str, offset: int, node: str, known: Known) -> Offers:
    """Return nodes and parameters in the signature of the node's function, columns behind the name of a node.

    Where the body is plain code, nodes are names like others.
    """
    before = text[:offset]
    if signature := re.search(_SIGNATURE.format(name=re.escape(node)), before):
        return _in_signature(signature[1], node, known)
    if item := _ITEM.search(before):
        return beginning_with(item[2], of_kind("column", known.columns(item[1])))
    if attribute := _ATTRIBUTE.search(before):
        columns = (column for column in known.columns(attribute[1]) if column.isidentifier())
        return beginning_with(attribute[2], of_kind("column", columns), alone=False)
    name = _NAME.search(before)
    is_function = re.search(rf"^(async\s+)?def\s+{re.escape(node)}\b", text, re.MULTILINE)
    if name is None or is_function or _OTHER_SIGNATURE.search(before):
        return NOTHING
    return beginning_with(name[0], of_kind("node", (other for other in known.nodes() if other != node)), alone=False)


def _in_signature(written: str, node: str, known: Known) -> Offers:
    *before, begun = written.split(",")
    fragment = begun.lstrip()
    if not re.fullmatch(r"\w*", fragment):  # an annotation or a default
        return NOTHING
    taken = {node, *(re.split(r"[:=]", parameter)[0].strip() for parameter in before)}
    nodes = (name for name in [*known.nodes(), *known.wanted()] if name not in taken)
    parameters = (name for name in known.parameters() if name not in taken)
    return beginning_with(fragment, [*of_kind("node", nodes), *of_kind("parameter", parameters)])
