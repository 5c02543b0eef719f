"""The walks of a cohort, as the manifest names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CohortWalk:
    """One row: a walk to be scored.

    Parameters
    ----------
    line
        Where it stands in the manifest.
    subject, visit, file
        As written there.
    paths
        The recordings; several are passes that are merged.
    filmed
        Whether people have to be found in pictures first.
    facts
        What is known of the person, by column; None where it is not.
    hints
        What the files do not say themselves, likewise.
    covariates
        All other columns, as written.
    synthetic
        Whether the manifest says that it is a synthetic walker.
    """

    line: int
    subject: str
    visit: str
    file: str
    paths: tuple[str, ...]
    filmed: bool
    facts: dict[str, float | str | None]
    hints: dict[str, float | str | None]
    covariates: dict[str, str]
    synthetic: bool = False


@dataclass(frozen=True)
class Cohort:
    """All rows of a manifest, in its order.

    Parameters
    ----------
    name
        Name of the file.
    covariates
        Names of the columns without a meaning of their own; ``group`` is always there.
    walks
        The rows.
    """

    name: str
    covariates: tuple[str, ...]
    walks: tuple[CohortWalk, ...]
