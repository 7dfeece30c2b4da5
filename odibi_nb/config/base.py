"""The base of the dialect's models: frozen, closed to unknown keys, with errors that say what to do."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from odibi_nb.config.unbuilt import UNBUILT_KEYS, UNBUILT_VALUES, not_built
from odibi_nb.exceptions import did_you_mean

__all__ = ["LEAVE_OUT", "DialectModel", "Name", "checked_name", "one_of", "problem", "problem_at"]

LEAVE_OUT = "leave it out for now"


def problem(message: str, hint: str | None = None, *, kind: str = "dialect") -> PydanticCustomError:
    """Return an error for a validator to raise; its context holds `message` and `hint` apart."""
    return _custom(kind, {"message": message, "hint": hint})


def problem_at(path: tuple[str | int, ...], value: Any, message: str, hint: str | None = None) -> ValidationError:
    """Return an error for a validator of a mapping to raise, placed at one of the keys below it."""
    detail = InitErrorDetails(type=problem(message, hint), loc=path, input=value)
    return ValidationError.from_exception_data("dialect", [detail])


class DialectModel(BaseModel):
    """A frozen mapping of the dialect; an unknown key is an error that suggests, or says "not built yet"."""

    # Inputs stay out of errors: a connection's may hold a password.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="wrap")
    @classmethod
    def _explain_unknown_keys(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            details = error.errors(include_url=False)
            if not any(map(_is_unknown_key, details)):
                raise
            explained = [cls._explained(detail) for detail in details]
            raise ValidationError.from_exception_data(cls.__name__, explained) from None

    @classmethod
    def _explained(cls, detail: ErrorDetails) -> InitErrorDetails:
        """Return the same error again, with a better message if it is an unknown key of this model."""
        if _is_unknown_key(detail):
            error = cls._unknown_key(str(detail["loc"][0]))
        else:
            error = _custom(detail["type"], {"message": detail["msg"], **detail.get("ctx", {})})
        return InitErrorDetails(type=error, loc=detail["loc"], input=detail["input"])

    @classmethod
    def _unknown_key(cls, key: str) -> PydanticCustomError:
        if key in UNBUILT_KEYS.get(cls.__name__, ()):
            return problem(not_built(key), LEAVE_OUT, kind="not_built")
        known = sorted(cls.model_fields)
        hint = did_you_mean(key, known) or f"known keys: {', '.join(known)}"
        return problem(f"unknown key '{key}'", hint, kind="unknown_key")


def one_of(words: type[StrEnum]) -> BeforeValidator:
    """Return a validator for a field of an enum: it suggests the nearest word, and refuses those not built."""
    unbuilt = UNBUILT_VALUES.get(words.__name__, frozenset())
    known = [str(word) for word in words if word not in unbuilt]

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value in known:
            return value
        if value in unbuilt:
            raise problem(not_built(str(value)), LEAVE_OUT, kind="not_built")
        raise problem(f"'{value}' is not one of {', '.join(known)}", did_you_mean(value, known))

    return BeforeValidator(check)


def checked_name(name: str) -> str:
    """Return `name` if it can name a node, a table and a parameter alike."""
    if re.fullmatch(r"\w+", name):
        return name
    fitting = re.sub(r"\W+", "_", name).strip("_")
    hint = f"call it '{fitting}'" if fitting else "such as load_sales"
    raise problem(f"a name is made of letters, digits and underscores, not '{name}'", hint)


Name = Annotated[str, AfterValidator(checked_name), WithJsonSchema({"type": "string", "pattern": r"^\w+$"})]


def _is_unknown_key(detail: ErrorDetails) -> bool:
    # Nested models have explained theirs already; one left over at depth 1 is this model's own.
    return detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1


def _custom(kind: str, context: dict[str, Any]) -> PydanticCustomError:
    template = "{message}; {hint}" if context.get("hint") else "{message}"
    return PydanticCustomError(kind, template, context)
