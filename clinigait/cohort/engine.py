"""Walks are given to a Dask cluster, a window at a time, until all are done."""

from __future__ import annotations

import os
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from clinigait.cohort.plan import Plan
from clinigait.cohort.walks import CohortWalk
from clinigait.cohort.work import Outcome, score_walks
from clinigait.core import BadInputError

#: So many tasks a worker are on the way: enough that none waits, few enough that memory is flat.
_AHEAD = 3
#: So many walks of keypoints are one task at most: one walk takes little longer than a task costs.
_A_TASK = 16
#: How often it is looked whether workers came or went.
_LOOK_S = 5.0
_RETRY_S = 2.0
_GOES_ON = "What is done is kept, and the same command goes on."


@dataclass(frozen=True)
class Workers:
    """Who scores.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler; None starts workers on this machine.
    count
        How many then; None starts one a core.
    resources
        What a worker has to have to be given walks, as Dask's workers say it of themselves: for
        example ``{"GPU": 1}``.
    wait_s
        How long to wait for the scheduler and its first worker.
    patience_s
        How long a full disk is waited for.
    """

    scheduler: str | None = None
    count: int | None = None
    resources: dict[str, float] = field(default_factory=dict)
    wait_s: float = 60.0
    patience_s: float = 600.0


@dataclass
class Counts:
    """How far a run is.

    Parameters
    ----------
    total
        Walks of the manifest.
    kept
        Walks that were found done: by an earlier run, or by a worker that was lost in this one.
    measured, refused, failed
        How walks ended, those of earlier runs among them.
    note
        What the user should know just now; empty where nothing.
    """

    total: int
    kept: int = 0
    measured: int = 0
    refused: int = 0
    failed: int = 0
    note: str = ""

    @property
    def done(self) -> int:
        """Walks that have ended."""
        return self.measured + self.refused + self.failed


Tell = Callable[[Counts], None]


@contextmanager
def cluster(workers: Workers, told: Callable[[str], None]) -> Iterator[Any]:
    """Connect to a scheduler, or start workers on this machine for as long as it is used.

    Parameters
    ----------
    workers
        Who scores.
    told
        Called with what the user should know of it.

    Raises
    ------
    BadInputError
        If Dask is not installed, or the scheduler or its workers cannot be reached.
    """
    distributed = _library()
    import dask  # noqa: PLC0415

    if workers.scheduler is None and workers.resources:
        raise BadInputError(
            "Only workers of a scheduler have resources.", "Give --scheduler as well."
        )
    with dask.config.set(_SETTINGS):
        if workers.scheduler is not None:
            with _connected(distributed, workers) as client:
                if client.dashboard_link:  # served there: what it needs is not needed here
                    told(f"Dashboard of the scheduler: {client.dashboard_link}")
                yield client
            return
        dashboard = find_spec("bokeh") is not None
        with (
            distributed.LocalCluster(
                n_workers=workers.count or os.cpu_count() or 1,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=0,  # each walk's memory is watched, not the worker's
                silence_logs=_SILENT,
            ) as local,
            distributed.Client(local, set_as_default=False) as client,
        ):
            told(f"Dashboard: {local.dashboard_link}" if dashboard else _NO_DASHBOARD)
            yield client


_SILENT = 50
_NO_DASHBOARD = "No dashboard of the workers: it needs the package bokeh (pip install bokeh)."
#: What Dask does besides, many times a second in every process, costs more than many a walk.
_SETTINGS = {
    "distributed.comm.timeouts.connect": "15s",
    "distributed.comm.retry.count": 0,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.system-monitor.disk": False,
}


def _library() -> Any:  # noqa: ANN401  a module
    if find_spec("distributed") is None:
        raise BadInputError(
            "Scoring a cohort needs Dask, which is not installed.",
            "pip install 'clinigait[cohort]'.",
        )
    import logging  # noqa: PLC0415

    import distributed  # noqa: PLC0415  an extra of its own, and a second to import

    logging.getLogger("distributed").setLevel(_SILENT)
    return distributed


@contextmanager
def _connected(distributed: Any, workers: Workers) -> Iterator[Any]:  # noqa: ANN401
    where = str(workers.scheduler)[:80]
    try:
        client = distributed.Client(workers.scheduler, timeout=workers.wait_s, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise BadInputError(
            f"There is no scheduler at {where}.",
            "Start it with dask scheduler, and give the address that it prints.",
        ) from error
    try:
        try:
            client.wait_for_workers(1, timeout=workers.wait_s)
        except TimeoutError as error:
            raise BadInputError(
                f"The scheduler at {where} has no workers.", "Start some with dask worker."
            ) from error
        _check_resources(client, workers)
        yield client
    finally:
        client.close(timeout=5)


def _check_resources(client: Any, workers: Workers) -> None:  # noqa: ANN401
    there = [one["resources"] for one in client.scheduler_info(n_workers=-1)["workers"].values()]
    for name, amount in workers.resources.items():
        if not any(one.get(name, 0) >= amount for one in there):
            raise BadInputError(
                f"No worker of the scheduler has {amount:g} of the resource {name[:40]}.",
                f'Start them with dask worker --resources "{name[:40]}={amount:g}".',
            )


class Run:
    """One run over a manifest.

    Parameters
    ----------
    client
        What :func:`cluster` gives.
    walks
        All rows.
    plan
        What is done to each.
    workers
        Who scores.
    tell
        Called when something has changed.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401
        walks: Sequence[CohortWalk],
        plan: Plan,
        workers: Workers,
        tell: Tell,
    ) -> None:
        self.counts = Counts(len(walks))
        self._client = client
        self._walks = walks
        self._plan = plan
        self._workers = workers
        self._tell = tell
        self._name = uuid.uuid4().hex[:8]
        self._waiting = deque(range(len(walks)))
        self._alone: set[int] = set()
        self._flying: dict[str, list[int]] = {}
        self._outcomes: list[Outcome | None] = [None] * len(walks)
        self._sent = 0
        self._window, self._looked_s = 0, -_LOOK_S
        self._full_since_s: float | None = None

    def outcomes(self) -> list[Outcome]:
        """Score every walk; return what became of each, in the order of the rows.

        Raises
        ------
        BadInputError
            If the workers cannot score at all, the scheduler is gone, or a disk stays full. What
            is done is kept.
        """
        self._tell(self.counts)
        landing = _library().as_completed(loop=self._client.loop)
        while self._waiting or self._flying:
            try:
                for future in self._take_off():
                    landing.add(future)
            except (OSError, TimeoutError) as error:
                raise BadInputError("The scheduler is gone.", _GOES_ON) from error
            future = next(landing)
            self._land(self._flying.pop(future.key), future)
            future.release()
        return [outcome for outcome in self._outcomes if outcome is not None]

    def _take_off(self) -> Iterator[Any]:
        """Send tasks until enough are on the way; while a disk is full, one walk at a time."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= _LOOK_S:
            self._window = _AHEAD * max(1, sum(self._client.nthreads().values()))
            self._looked_s = now_s
        most = self._window if self._full_since_s is None else 1
        while self._waiting and len(self._flying) < most:
            numbers = self._next()
            key = f"walks-{self._name}-{self._sent}"
            self._sent += 1
            self._flying[key] = numbers
            yield self._client.submit(
                score_walks, [self._walks[number] for number in numbers], self._plan,
                key=key, pure=False, resources=self._workers.resources or None,
            )  # fmt: skip

    def _next(self) -> list[int]:
        """Return the walks of the next task: fewer towards the end, so that all workers end."""
        most = 1
        if self._full_since_s is None:
            most = min(_A_TASK, -(-len(self._waiting) // self._window))
        numbers = [self._waiting.popleft()]
        while (
            self._waiting and len(numbers) < most and self._is_quick(numbers[0], self._waiting[0])
        ):
            numbers.append(self._waiting.popleft())
        return numbers

    def _is_quick(self, *numbers: int) -> bool:
        """Tell whether walks may share a task."""
        return self._plan.reports is None and not any(
            self._walks[number].filmed or number in self._alone for number in numbers
        )

    def _land(self, numbers: Sequence[int], future: Any) -> None:  # noqa: ANN401
        outcomes = self._outcomes_of(future, numbers)
        for number, outcome in zip(numbers, outcomes, strict=False):
            if outcome.how == "stop":
                raise BadInputError(str(outcome.reason), _GOES_ON)
            if outcome.how == "full":
                self._is_full(str(outcome.reason))
                break
            self._full_since_s, self.counts.note = None, ""
            self._outcomes[number] = outcome
            self.counts.kept += outcome.how == "kept"
            setattr(self.counts, outcome.status, getattr(self.counts, outcome.status) + 1)
        self._waiting.extendleft(n for n in reversed(numbers) if self._outcomes[n] is None)
        self._tell(self.counts)

    def _is_full(self, reason: str) -> None:
        now_s = time.monotonic()
        if self._full_since_s is None:
            self._full_since_s = now_s
        elif now_s - self._full_since_s > self._workers.patience_s:
            raise BadInputError(
                f"{reason} {self.counts.done} of {self.counts.total} walks are done and kept.",
                "Make room, and give the same command again.",
            )
        else:
            time.sleep(min(_RETRY_S, self._workers.patience_s))
        self.counts.note = f"{reason} Waiting for room."

    def _outcomes_of(self, future: Any, numbers: Sequence[int]) -> list[Outcome]:  # noqa: ANN401
        """Return what a worker answered, or what it means that it did not."""
        try:
            found: list[Outcome] = future.result()
        except _library().KilledWorker:
            if len(numbers) > 1:  # one of them may do it: each goes on its own
                self._alone.update(numbers)
                return []
            why = "Workers ended again and again while they had it."
            return [Outcome("lost", code="worker_lost", reason=why)]
        except CancelledError as error:
            raise BadInputError("The scheduler is gone.", _GOES_ON) from error
        except Exception as error:  # what a worker raises comes from its machine, of any kind
            raise BadInputError(
                f"The workers cannot score: {type(error).__name__}: {str(error)[:200]}.",
                "Install the same clinigait on all machines; all of them must see the same files.",
            ) from error
        return found
