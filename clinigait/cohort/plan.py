"""What is done to every walk of a cohort, and by what: the same for all workers, or not at all."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clinigait.cohort.walks import CohortWalk

#: What the process is started with that scores walk after walk.
CHILD = (sys.executable, "-m", "clinigait.cohort.child")


@dataclass(frozen=True)
class Made:
    """What a result depends on besides the walk itself.

    Parameters
    ----------
    protocol_sha256
        Hash of the protocol's file.
    bundles_sha256
        Hash of the cards, and by them the weights, of its models; empty without models.
    networks_sha256
        Hash of the weights that find people and keypoints in films; empty where no film is scored.
    versions_sha256
        Hash of all versions that shape numbers.
    clinigait_version
        The most telling one of them.
    """

    protocol_sha256: str
    bundles_sha256: str
    networks_sha256: str
    versions_sha256: str
    clinigait_version: str


@dataclass(frozen=True)
class Plan:
    """The order that every worker gets with every walk.

    Parameters
    ----------
    protocol
        Name of a shipped protocol, or absolute path of one.
    pose
        Choice of the pose estimator; None takes the best that is here.
    made
        What the client found; a worker that finds anything else does not score.
    kept
        Folder of the kept results: every worker sees it.
    reports
        Folder of the reports, likewise; None where none are wanted.
    limit_s
        A walk that takes longer is given up.
    memory_bytes
        Likewise one that needs more memory.
    again
        Whether walks that failed are tried again.
    command
        What scores walks.
    """

    protocol: str
    pose: str | None
    made: Made
    kept: str
    reports: str | None = None
    limit_s: float = 1800.0
    memory_bytes: int = 8 * 1024**3
    again: bool = False
    command: tuple[str, ...] = CHILD

    def sha256(self, walk: CohortWalk) -> str:
        """Return the hash of all that a walk's result depends on but the content of its files."""
        made = dict(vars(self.made))
        if not walk.filmed:
            del made["networks_sha256"]
        row = [walk.subject, walk.visit, walk.file, walk.facts, walk.hints, made]
        return sha256_of_text(json.dumps(row, sort_keys=True))


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def resolved(protocol: str) -> str:
    """Return a protocol as workers find it that run in another folder."""
    try:
        path = Path(protocol)
        return str(path.absolute()) if path.is_file() else protocol
    except (OSError, ValueError):
        return protocol


@cache
def version_of_torch() -> str:
    """Return the version of PyTorch, which runs the models; empty where it is not installed."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""
