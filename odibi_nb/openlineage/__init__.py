"""Lineage events of runs, for whoever collects them: OpenLineage."""

from odibi_nb.openlineage.sending import send_events

__all__ = ["send_events"]
