"""Python's parser, with one kind of error."""

from __future__ import annotations

import ast
import warnings

__all__ = ["parse_python"]


def parse_python(text: str) -> ast.Module:
    """Parse a text in silence; whatever the parser can't take is a SyntaxError, perhaps without a line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except ValueError as exc:  # a null byte, in Python 3.11
            raise SyntaxError(str(exc)) from exc
        except (RecursionError, MemoryError) as exc:
            raise SyntaxError("the code is nested too deeply") from exc
