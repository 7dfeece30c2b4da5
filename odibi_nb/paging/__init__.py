"""Which rows of a result somebody wants to see, and in which order: sorts and filters as SQL over its columns."""

from __future__ import annotations

from odibi_nb.paging.filters import Condition, condition_of
from odibi_nb.paging.order import Compiled, Order, WrongFilters, compile_order

__all__ = ["Compiled", "Condition", "Order", "WrongFilters", "compile_order", "condition_of"]
