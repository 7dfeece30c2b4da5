"""Results that took long are kept while their run goes on: should it be killed, they needn't be computed again."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

from odibi_nb.runner import Event, NodeFinished, NodeResult
from odibi_nb.workspaces.jobs import Job
from odibi_nb.workspaces.kept import Kept, KeptResults
from odibi_nb.workspaces.recollection import Recollection

__all__ = ["EarlyKeeping"]

_LONG_S = 1.0  # what took less costs less to compute again than to look after while others run


class EarlyKeeping:
    """A listener of a run that keeps rows which took long as soon as they are there.

    The identities of rows that may be others each time are settled in `job` for it: they hold at the run's end too.
    """

    def __init__(self, job: Job, results: KeptResults, recollection: Recollection) -> None:
        self._job, self._results, self._recollection = job, results, recollection
        self._cached = {one.name for one in job.plan if one.action == "cached"}

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeFinished) and _is_worth_it(event.result):
            self._keep(event.result)

    def _keep(self, result: NodeResult) -> None:
        assert self._job.look is not None  # noqa: S101 - only of such runs results are kept
        name, look = result.node_name, self._job.look.after_run()
        if (fingerprint := look.fingerprint(name)) is not None:
            above = {one: self._identity(one) for one in fingerprint.upstream}
            identity = self._identity(name)
            # A copy: the run may still share time out.
            kept = Kept(replace(result), fingerprint, identity, True, False, above, time.time())
            self._recollection.save_early(kept)

    def _identity(self, name: str) -> str:
        kept, look = self._results.kept(name), self._job.look
        assert look is not None  # noqa: S101 - as above
        if name in self._cached and kept is not None:
            return kept.identity
        if not look.varies(name):
            return look.rows(name)
        return self._job.identities.setdefault(name, uuid.uuid4().hex)


def _is_worth_it(result: NodeResult) -> bool:
    data = result.dataset
    return result.success and data is not None and not data.lazy and bool(data.schema) and result.duration >= _LONG_S
