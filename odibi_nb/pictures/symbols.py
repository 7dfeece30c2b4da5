"""What a status and a kind look like, in text and in pictures: one table each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KIND_PATHS", "STATUSES", "Look", "kind_path", "known", "look", "mark"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a status is shown.

    mark: one character for texts. path: the strokes of its icon on a 16 × 16 field.
    light, dark: its colour on light and dark cards (contrast at least 4.5 : 1).
    """

    mark: str
    path: str
    light: str
    dark: str


_GREY = ("#59636e", "#9198a1")

STATUSES = {
    "pending": Look("○", "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10", *_GREY),
    "running": Look("▶", "M5 3.2v9.6l7.5-4.8z", "#0969da", "#4493f8"),
    "completed": Look("✓", "M3 8.5l3.3 3.3L13 4.7", "#1a7f37", "#3fb950"),
    "cached": Look("≡", "M3 4.5h10M3 8h10M3 11.5h10", "#0f766e", "#2dd4bf"),
    "failed": Look("✗", "M4 4l8 8M12 4l-8 8", "#cf222e", "#f85149"),
    "skipped": Look("»", "M3 4l4 4l-4 4M8.5 4l4 4l-4 4", *_GREY),
    "cancelled": Look("■", "M4 4h8v8h-8z", "#bc4c00", "#db6d28"),
    "stale": Look("↻", "M12.6 6A5 5 0 1 0 13 8.6M13 2.8V6.2H9.6", "#9a6700", "#d29922"),
    "unresolved": Look("?", "M5.6 6a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2.9-1.2 1.7M8 12.4v.4", "#8250df", "#ab7df8"),
}

KIND_PATHS = {
    "source": "M3 4.2a5 1.9 0 1 0 10 0a5 1.9 0 1 0-10 0M3 4.2v7.6a5 1.9 0 0 0 10 0V4.2M3 8a5 1.9 0 0 0 10 0",
    "sql": "M2.5 3.5h11v9h-11zM2.5 6.6h11M6.4 6.6v5.9",
    "python": "M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4",
    "sink": "M8 2.5v7M5 6.7l3 3l3-3M2.5 10v3h11v-3",
    "group": "M8 2.5l6 3l-6 3l-6-3zM2 8.2l6 3l6-3M2 10.9l6 3l6-3",
    "pass": "M2.5 8h10.5M9.8 4.6L13.2 8l-3.4 3.4",
}


def known(status: str) -> str:
    """Return a status of the table; one that isn't in it counts as pending."""
    return status if status in STATUSES else "pending"


def look(status: str) -> Look:
    """Return how a status is shown."""
    return STATUSES[known(status)]


def mark(status: str) -> str:
    """Return a status for texts: "✓ completed"; "" for one that isn't known."""
    return f"{look(status).mark} {status}" if status else ""


def kind_path(kind: str) -> str:
    """Return the strokes of a kind's icon; one not in the table looks like a pass-through."""
    return KIND_PATHS.get(kind, KIND_PATHS["pass"])
