"""Small static charts: bars of one node's earlier times, and the times of a pipeline's runs."""

from __future__ import annotations

from collections.abc import Sequence

from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.symbols import STATUSES, known, look
from odibi_nb.views.cells import duration_text
from odibi_nb.views.story import RunFactsView

__all__ = ["chart_svg", "share_bar", "spark"]

_BAR, _TALL = 5, 16
_WIDTH, _HEIGHT = 860, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 14, 34
_MOST_BARS = 20
_STEPS = (1, 2, 5, 10)
_ICON = 12
# What a status looks like here besides its colour: its sign, as everywhere, at the end of its stem.
_DARK = "".join(f".{status}{{stroke:{one.dark}}}" for status, one in STATUSES.items())
_STYLE = Markup(
    "<style>text{fill:#59636e}.g{stroke:#d0d7de}@media (prefers-color-scheme:dark){text{fill:#9198a1}"
    f".g{{stroke:#3d444d}}{_DARK}}}</style>"
)


def spark(earlier_s: Sequence[float], now_s: float) -> Markup:
    """Return the times of earlier runs as grey bars, and that of this run beside them."""
    times = [*earlier_s[-_MOST_BARS:], now_s]
    most = max(times) or 1.0
    heights = [max(1.0, _TALL * seconds / most) for seconds in times]
    bars = [
        tag(
            "rect",
            fill="#4c8fd6" if at == len(times) - 1 else "currentColor",
            opacity="1" if at == len(times) - 1 else "0.35",
            x=at * (_BAR + 1),
            y=f"{_TALL - height:.1f}",
            width=_BAR,
            height=f"{height:.1f}",
        )
        for at, height in enumerate(heights)
    ]
    said = f"earlier runs: {', '.join(map(duration_text, times[:-1]))}; this one: {duration_text(now_s)}"
    size = {"width": len(times) * (_BAR + 1), "height": _TALL}
    return tag("svg", tag("title", said), *bars, style="vertical-align:middle", role="img", aria_label=said, **size)


def share_bar(share: float) -> Markup:
    """Return how much of the time of all nodes one has taken."""
    full = tag("i", style=f"background:#4c8fd6;border-radius:3px;display:block;height:8px;width:{100 * share:.1f}%")
    frame = "background:rgba(128,128,128,.22);border-radius:3px;display:inline-block;height:8px;width:72px"
    return tag("span", full, style=frame, class_="share", title=f"{100 * share:.0f}% of the time of all nodes")


def chart_svg(runs: Sequence[RunFactsView]) -> Markup:
    """Return how long runs took, the first one at the left; status by colour and by sign."""
    top_s = _round_up(max((run.duration_s for run in runs), default=0.0))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(runs), 1)
    marks = [_mark(run, _LEFT + step * (at + 0.5), top_s) for at, run in enumerate(runs)]
    title = f"the time of {len(runs)} runs, the latest at the right"
    return tag(
        "svg",
        tag("title", title),
        _STYLE,
        *_axes(top_s),
        *marks,
        *_dates(runs, step),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=_WIDTH,
        height=_HEIGHT,
        role="img",
        aria_label=title,
        font_family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
        font_size="11",
    )


def _mark(run: RunFactsView, x: float, top_s: float) -> Markup:
    status, one = known(run.status), look(run.status)
    y = _y(run.duration_s, top_s)
    said = f"{run.when} · {run.status} · {run.time}"
    stem = tag(
        "path", d=f"M{x:.1f} {_y(0, top_s):.1f}V{y + _ICON / 2:.1f}", class_=status, stroke=one.light, opacity="0.5"
    )
    icon = tag(
        "path",
        d=one.path,
        class_=status,
        stroke=one.light,
        fill="none",
        stroke_width="2.2",
        transform=f"translate({x - _ICON / 2:.1f} {y - _ICON / 2:.1f}) scale({_ICON / 16})",
    )
    return tag("g", tag("title", said), stem, icon, data_status=run.status)


def _axes(top_s: float) -> list[Markup]:
    lines = []
    for part in (0.0, 0.5, 1.0):
        y = _y(part * top_s, top_s)
        lines.append(tag("path", d=f"M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}", class_="g", stroke="#d0d7de"))
        label = duration_text(part * top_s) if part else "0"
        lines.append(tag("text", label, x=_LEFT - 8, y=f"{y + 4:.1f}", text_anchor="end"))
    return [*lines, tag("text", "time of a run", x=_LEFT, y=9)]


def _dates(runs: Sequence[RunFactsView], step: float) -> list[Markup]:
    """Return the times of the first and the last run, and of some between them."""
    every = max(1, -(-len(runs) // 6))
    places = [at for at in range(len(runs)) if at % every == 0]
    y = _HEIGHT - _BOTTOM + 18
    return [
        tag("text", runs[at].when[5:16], x=f"{_LEFT + step * (at + 0.5):.1f}", y=y, text_anchor="middle")
        for at in places
    ]


def _y(seconds: float, top_s: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (seconds / top_s if top_s else 0.0)


def _round_up(seconds: float) -> float:
    """Return a number of one digit that is as large or larger."""
    unit = 0.001
    while unit * 10 < seconds:
        unit *= 10
    return next(unit * step for step in _STEPS if unit * step >= seconds or step == _STEPS[-1])
