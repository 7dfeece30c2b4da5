"""A result's columns summed up in at most two passes: what they hold, how often, and how it is spread."""

from __future__ import annotations

from odibi_nb.profile.kinds import kind_of
from odibi_nb.profile.models import Bin, ColumnProfile, Profile, TopValue
from odibi_nb.profile.summary import summarize

__all__ = ["Bin", "ColumnProfile", "Profile", "TopValue", "kind_of", "summarize"]
