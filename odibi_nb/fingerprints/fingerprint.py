"""A fingerprint in its parts, and in words what differs between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from odibi_nb.fingerprints.values import Value

__all__ = ["Fingerprint", "differences"]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a result stands for.

    digest: of all that follows. rows: the same without data tests and engine, which change no rows. code: the normal
    form of the node's own code. options: what else its declaration says, by key. params, helpers: values by name;
    helpers are what its code takes from the notebook. engine: packages with their versions, and settings. files: what
    tells a file's version, by path. upstream: the `rows` of the nodes above. outside: why it is fresh in one process
    only, and that process; or ("", "").
    """

    digest: str
    rows: str = ""
    code: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Value] = field(default_factory=dict)
    helpers: Mapping[str, Value] = field(default_factory=dict)
    engine: str = ""
    files: Mapping[str, object] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    outside: tuple[str, str] = ("", "")

    @property
    def unsure(self) -> dict[str, str]:
        """What in a value can't be told, by the value's name."""
        return {name: value.unsure for name, value in {**self.params, **self.helpers}.items() if value.unsure}


def differences(old: Fingerprint, new: Fingerprint) -> Iterator[str]:
    """Yield in words what has changed in a node itself; what changed above it is not said."""
    if old.code != new.code:
        yield "code changed"
    yield from _changed_options(old.options, new.options)
    yield from (_worded(name, was, now) for name, was, now in _changed(old.params, new.params))
    yield from _changed_helpers(old.helpers, new.helpers)
    if old.engine != new.engine:
        yield f"engine {_apart(old.engine, new.engine)} → {_apart(new.engine, old.engine)}"
    yield from _changed_files(old.files, new.files)
    if tuple(old.upstream) != tuple(new.upstream):
        yield "it depends on other nodes, or in another order"
    if old.outside != new.outside:
        yield new.outside[0] or "it no longer reads the outside world"


def _changed_options(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        if was != now:
            yield f"{key} changed" if was is None or now is None or len(was + now) > 60 else f"{key} {was} → {now}"


def _changed(old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[tuple[str, Value | None, Value | None]]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        if (was and was.digest) != (now and now.digest):
            yield name, was, now


def _changed_helpers(old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[str]:
    """Name the cause, not the functions that it goes through, as long as the cause is a helper itself."""
    changed = list(_changed(old, new))
    through = [(name, was, now) for name, was, now in changed if was and now and was.own and was.own == now.own]
    causes = [one for one in changed if one not in through]
    yield from (_worded(*one) for one in causes or through)


def _apart(engine: str, other: str) -> str:
    """Return what one engine has and the other hasn't."""
    return ", ".join(part for part in engine.split(", ") if part not in other.split(", ")) or "as it was"


def _worded(name: str, was: Value | None, now: Value | None) -> str:
    if was is None or now is None:
        return f"{name} is {'gone' if now is None else 'new'}"
    if was.shown and now.shown and was.shown != now.shown:
        return f"{name} {was.shown} → {now.shown}"
    return f"{name} changed"


def _changed_files(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for path in dict.fromkeys([*old, *new]):
        if old.get(path) != new.get(path):
            yield _changed_file(_file_name(path), old.get(path), new.get(path))


def _changed_file(name: str, was: object, now: object) -> str:
    """Say how what a path stands for has changed.

    was, now: of each file its place, then its size and time, or the digest of its bytes; or why there is none.
    """
    if was is None or now is None:
        return f"{name} is {'new' if was is None else 'gone'}"
    if not isinstance(was, list) or not isinstance(now, list):
        return f"{name} has changed" if isinstance(now, list) else f"{name} can't be read"
    before, after = ({place: told for place, *told in files} for files in (was, now))
    for one, other, word in ((after, before, "new"), (before, after, "gone")):
        if apart := [_file_name(place) for place in one if place not in other]:
            return f"{name}: {apart[0]} is {word}" if len(apart) == 1 else f"{name}: {len(apart)} files are {word}"
    times = [(before[place][-1], after[place][-1]) for place in before]
    is_older = any(isinstance(one, int) and isinstance(other, int) and other < one for one, other in times)
    return f"{name} {'has changed' if is_older else 'is newer'}"


def _file_name(path: str) -> str:
    return PurePosixPath(path).name.rpartition(":")[2] or path
