"""The mark that everything made of a synthetic walker carries, and where it bars the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clinigait.core.refusal import RefusedError
from clinigait.core.walk import Walk

#: Key of provenance tables and of JSON files.
SYNTHETIC = "synthetic"
#: The same of keypoints by a network that learned from synthetic walkers.
POSE_SYNTHETIC = "pose_synthetic"
#: Columns of tables that say what rests on synthetic walkers.
SYNTHETIC_COLUMNS = (SYNTHETIC, POSE_SYNTHETIC)
#: Stands in the comment of films, and in the head line of text files.
SYNTHETIC_MARK = "synthetic: true"


def marked(provenance: Mapping[str, str]) -> dict[str, str]:
    """Return a provenance that says that the walk is synthetic."""
    return {**provenance, SYNTHETIC: "true"}


def is_synthetic(walk: Walk) -> bool:
    """Tell whether a walk is one of a synthetic walker."""
    return walk.provenance.get(SYNTHETIC) == "true"


def refuse_synthetic(walks: Iterable[Walk], purpose: str) -> None:
    """Refuse synthetic walks where only what people did may count.

    Parameters
    ----------
    walks
        What is to be used.
    purpose
        What for, as in "a normative set".

    Raises
    ------
    RefusedError
        If one of them is synthetic.
    """
    for walk in walks:
        if is_synthetic(walk):
            raise RefusedError(
                "synthetic_walk",
                f"A synthetic walk ({walk.subject.code or 'without a code'}) cannot be part of "
                f"{purpose}: it holds what was commanded, not what people do.",
                "Leave the synthetic walks out.",
            )
