"""What is asked of a recording, and how the work on it is watched."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clinigait.core import Protocol, Subject
from clinigait.gait.stature import KnownLength
from clinigait.io.bundle import Bundle
from clinigait.io.keypoints import KeypointHints
from clinigait.perception.estimators import Models

#: Called with the name of the stage and the fraction of it that is done.
StageProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class Request:
    """What is asked of one recording.

    Parameters
    ----------
    protocol
        A protocol, the name of a shipped one, or the path of one; None takes the usual one for
        the input.
    subject
        What is known of the person.
    person
        Number of the person to measure; None lets the walker rule choose.
    pose
        Choice of the pose estimator; None takes the best whose weights are here.
    flip_test
        Whether an HRNet sees every crop and its mirror image: twice the work, a little better.
    known_length
        A known length in the walking plane, for metres without a body height.
    hints
        What a file of keypoints does not tell of itself.
    overlay
        Whether to write the overlay film.
    threads
        CPU threads of every stage.
    film
        Whether to write the film for browsers, faces blurred and nothing drawn; a file of
        keypoints has none. The report's pictures come with it.
    keep_refused
        Whether a walk that is refused is kept as well, with its film: to be corrected by hand.
    documents
        Whether to write what people read: report, pictures, tables, FHIR, overlay. Without them
        only ``assessment.json`` and ``walk.npz`` are written.
    networks
        What finds people and their keypoints, where it is loaded already; ``pose`` and
        ``flip_test`` then count for nothing.
    bundles
        The protocol's models, where :func:`clinigait.pipeline.open_models` opened them already.
    """

    protocol: str | Protocol | None = None
    subject: Subject = field(default_factory=Subject)
    person: int | None = None
    pose: str | None = None
    flip_test: bool = False
    known_length: KnownLength | None = None
    hints: KeypointHints = field(default_factory=KeypointHints)
    overlay: bool = True
    threads: int = field(default_factory=lambda: min(os.cpu_count() or 1, 4))
    film: bool = False
    keep_refused: bool = False
    documents: bool = True
    networks: Models | None = None
    bundles: tuple[tuple[Bundle, ...], ...] | None = None


@dataclass
class Stopwatch:
    """Wall time by stage.

    Parameters
    ----------
    seconds
        Time by the name of the stage.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, progress: StageProgress) -> Iterator[Callable[[float], None]]:
        """Time a stage; yields what reports its progress."""
        start = time.perf_counter()
        progress(name, 0.0)
        yield lambda fraction: progress(name, fraction)
        self.seconds[name] = time.perf_counter() - start
        progress(name, 1.0)
