"""What a user may say of a data set beside where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StudyOptions:
    """What to read of a data set.

    Parameters
    ----------
    record
        Which of several records of a walk; None takes what the adapter thinks best.
    labels
        A table of labels, see :func:`clinigait.datasets.labels.read_labels`.
    """

    record: str | None = None
    labels: Path | None = None
