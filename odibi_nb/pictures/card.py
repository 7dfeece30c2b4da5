"""A node's card as HTML and text: one line of facts, what went wrong, the rows, the rest folded."""

from __future__ import annotations

from collections import Counter

from odibi_nb.exceptions import plural
from odibi_nb.pictures.diff import changes_html, changes_text
from odibi_nb.pictures.expectation import broken_html, broken_text
from odibi_nb.pictures.markup import Markup, join, tag
from odibi_nb.pictures.style import with_style
from odibi_nb.pictures.symbols import known, look, mark
from odibi_nb.pictures.table import listing_html, table_html, table_text
from odibi_nb.pictures.text import display_width, join_facts, row_count, visible
from odibi_nb.views import CheckView, DependencyView, ErrorView, NodeView

__all__ = ["card_body", "card_html", "error_html", "error_text", "fold", "node_html", "node_text", "status_html"]

_DOT = Markup('<span class="odibi-dot"> · </span>')
_PLAIN_DOT = Markup('<span class="odibi-plain"> · </span>')  # where style sheets are stripped


def node_html(view: NodeView) -> str:
    """Return the card, without scripts or network."""
    return with_style(card_html(view))


def card_html(view: NodeView) -> Markup:
    """Return the card for a place that has the style sheet already."""
    return tag(
        "div",
        _head(view),
        *card_body(view),
        class_=f"odibi-card odibi-{known(view.status)}",
        data_node=view.name,
        data_status=view.status,
    )


def card_body(view: NodeView) -> list[str]:
    """Return what stands below a card's first line."""
    parts = [
        tag("div", view.description, class_="odibi-muted") if view.description else "",
        error_html(view.error) if view.error else "",
        *map(broken_html, view.expectations),
        tag("ul", *(tag("li", note) for note in view.notes), class_="odibi-notes") if view.notes else "",
        changes_html(view.changes) if view.changes else "",
        # Bad rows are tables too.
        tag("div", "result", class_="odibi-muted") if view.preview and view.expectations else "",
        table_html(view.preview) if view.preview else "",
        *_folded(view),
    ]
    return [part for part in parts if part]


def node_text(view: NodeView) -> str:
    """Return the card for terminals and plain-text readers, without its folded parts but the output."""
    badges = "".join(f" [{badge}]" for badge in view.badges)
    head = join_facts(view.name, mark(view.status), row_count(view.rows), view.time, view.written)
    blocks = [
        visible(head + badges),
        visible(view.description),
        error_text(view.error) if view.error else "",
        *map(broken_text, view.expectations),
        "\n".join(f"note: {visible(note)}" for note in view.notes),
        changes_text(view.changes) if view.changes else "",
        table_text(view.preview) if view.preview else "",
        visible(view.output.rstrip(), lines=True),
    ]
    return "\n".join(block for block in blocks if block)


def error_html(view: ErrorView) -> Markup:
    """Return an error as a block: kind and message, place, source line with a caret, where that led to, hint."""
    colon = ": " if view.message else ""
    parts = [tag("div", tag("b", f"{view.type}{colon}"), tag("span", view.message, class_="odibi-message"))]
    if view.where:
        parts.append(tag("div", f"in {view.where}", class_="odibi-muted"))
    if view.source is not None:
        parts.append(tag("pre", "\n".join(_quoted(view)), class_="odibi-source"))
    if view.via:
        parts.append(tag("div", view.via, class_="odibi-muted"))
    if view.hint:
        parts.append(tag("div", tag("b", "hint: "), view.hint))
    return tag("div", *parts, class_="odibi-error", role="alert")


def error_text(view: ErrorView) -> str:
    """Return an error as the lines of one short block."""
    lines = [visible(f"{view.type}: {view.message}".removesuffix(": "), lines=True)]
    lines += [f"  in {visible(view.where)}"] if view.where else []
    lines += [f"  {line}" for line in _quoted(view)] if view.source is not None else []
    lines += [f"  {visible(view.via)}"] if view.via else []
    lines += [f"  hint: {visible(view.hint)}"] if view.hint else []
    return "\n".join(lines)


def status_html(status: str, word: str = "") -> Markup:
    """Return a status with its mark, coloured by its class; word: to be read in its stead."""
    shown = f"{look(status).mark} {word}" if word else mark(status)
    return tag("span", shown, class_=f"odibi-status odibi-{known(status)}")


def _head(view: NodeView) -> Markup:
    facts = [tag("b", view.name, class_="odibi-name"), status_html(view.status)]
    facts += [tag("span", fact) for fact in (row_count(view.rows), view.time, view.written) if fact]
    badges = [join([" ", tag("span", badge, class_="odibi-badge")]) for badge in view.badges]
    kind = join_facts(view.kind, view.language if view.language != view.kind else "")
    return tag(
        "div", join(facts, _DOT), *badges, _PLAIN_DOT, tag("span", kind, class_="odibi-kind"), class_="odibi-head"
    )  # fmt: skip


def _quoted(view: ErrorView) -> list[str]:
    """The source line and, below its column, a caret; a tab counts as the one blank it is shown as."""
    margin, source = f"{view.line or ''} │ ", visible(view.source or "")
    lines = [margin + source]
    if view.column is not None:
        lines.append(" " * (len(margin) + display_width(source[: view.column - 1])) + "^")
    return lines


def _folded(view: NodeView) -> list[Markup]:
    types = [(column.name, column.type) for column in view.schema]
    return [
        *fold(
            join_facts(plural(len(types), "column"), view.kept),
            listing_html(("column", "type"), types) if types else None,
        ),
        *fold(_dependency_title(view.dependencies), _dependencies(view.dependencies)),
        *fold(_checks_title(view.checks), _checks(view.checks)),
        *fold("output", tag("pre", view.output) if view.output else None),
        *fold("code", tag("pre", view.code) if view.code else None),
    ]


def fold(title: str, content: Markup | None) -> list[Markup]:
    """Return what opens on a click; nothing where there is no content."""
    return [tag("details", tag("summary", title), content)] if content else []


def _checks_title(checks: tuple[CheckView, ...]) -> str:
    """Say how many there are of each kind, and how many of them did not pass."""
    kinds = Counter(check.kind for check in checks)
    wrong = sum(check.status in {"failed", "error", "warning"} for check in checks)
    counts = ", ".join(plural(count, kind) for kind, count in kinds.items())
    return f"{counts}, {wrong} not passed" if wrong else counts


def _checks(checks: tuple[CheckView, ...]) -> Markup | None:
    rows = [(one.name, one.kind, one.status, one.detail) for one in checks]
    return listing_html(("test", "kind", "status", ""), rows) if rows else None


def _dependency_title(dependencies: tuple[DependencyView, ...]) -> str:
    return f"depends on {', '.join(dependency.name for dependency in dependencies)}"


def _dependencies(dependencies: tuple[DependencyView, ...]) -> Markup | None:
    if not dependencies:
        return None
    rows = [(one.name, one.reason, "" if one.resolved else "not declared") for one in dependencies]
    return listing_html(("node", "because of", ""), rows)
