"""Where in a YAML text the cursor is: at a key, or at the value of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

__all__ = ["YamlSpot", "yaml_spot"]

# No text of a user's has it.
_MARK = "odibi7cursor"


@dataclass(frozen=True, slots=True)
class YamlSpot:
    """A cursor in YAML.

    path: the keys that lead to it; lists add none. is_key: it stands where a key is written, else at a value.
    text: of the scalar it stands in, and offset: where in that.
    beside: the keys above it in its mapping, with their scalars.
    """

    path: tuple[str, ...]
    is_key: bool
    text: str = ""
    offset: int = 0
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def begun(self) -> str:
        """What of the scalar stands before the cursor."""
        return self.text[: self.offset]


def yaml_spot(text: str, offset: int) -> YamlSpot | None:
    """Return where an offset of a text is; None where that can't be told (in comments, in broken YAML)."""
    before, after = text[:offset], text[offset:]
    # A key without its colon is an error in most places: so it is tried with one, too.
    return _spot(before + _MARK + after) or _spot(f"{before}{_MARK}: ")


@dataclass(slots=True)
class _Level:
    is_mapping: bool
    key: str = ""
    after_value: bool = False
    line: int = 0
    scalars: dict[str, str] = field(default_factory=dict)


def _spot(marked: str) -> YamlSpot | None:
    reader = _Reader()
    try:
        return next((spot for token in _tokens(marked) if (spot := reader.take(token)) is not None), None)
    except yaml.YAMLError:
        return None


def _tokens(text: str) -> Iterator[yaml.Token]:
    yield from yaml.scan(text, Loader=yaml.SafeLoader)


class _Reader:
    """Follows the tokens of a document up to the mark."""

    def __init__(self) -> None:
        self._levels = [_Level(is_mapping=False)]

    def take(self, token: yaml.Token) -> YamlSpot | None:
        level = self._levels[-1]
        match token:
            case yaml.BlockMappingStartToken() | yaml.FlowMappingStartToken():
                self._levels.append(_Level(is_mapping=True))
            case yaml.BlockSequenceStartToken() | yaml.FlowSequenceStartToken():
                self._levels.append(_Level(is_mapping=False))
            case yaml.BlockEndToken() | yaml.FlowMappingEndToken() | yaml.FlowSequenceEndToken():
                # A scanner doesn't mind a bracket that closes nothing.
                self._levels = self._levels[:-1] or self._levels
            case yaml.KeyToken() | yaml.FlowEntryToken():
                level.key, level.after_value = "", False
            case yaml.ValueToken():
                level.after_value, level.line = True, token.start_mark.line
            case yaml.ScalarToken():
                return self._scalar(token, level)
        return None

    def _scalar(self, token: yaml.ScalarToken, level: _Level) -> YamlSpot | None:
        is_key = level.is_mapping and not level.after_value
        if _MARK not in token.value:
            if is_key:
                level.key = token.value
                level.scalars[level.key] = ""
            elif level.is_mapping:
                level.scalars[level.key] = token.value
            return None
        path = tuple(one.key for one in self._levels if one.is_mapping)
        offset = token.value.index(_MARK)
        return YamlSpot(
            path[:-1] if is_key else path,
            # Below `read:`, a first word is still one key without its colon.
            is_key or self._begins_mapping(token, level),
            token.value.replace(_MARK, ""),
            offset,
            level.scalars,
        )

    def _begins_mapping(self, token: yaml.ScalarToken, level: _Level) -> bool:
        is_alone = token.plain and token.start_mark.line == token.end_mark.line
        return is_alone and (not level.is_mapping or token.start_mark.line > level.line)
