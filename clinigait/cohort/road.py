"""The road of a cohort, composed: a manifest goes in, two tables and their summary come out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from clinigait.cohort.engine import Counts, Run, Tell, Workers, cluster
from clinigait.cohort.pieces import Pieces, row_part
from clinigait.cohort.plan import Plan, resolved
from clinigait.cohort.scoring import made_by, opened
from clinigait.cohort.study_plan import StudyPlan, check_study
from clinigait.cohort.tables import SUFFIXES, read_results, wide_path, write_results
from clinigait.cohort.walks import Cohort
from clinigait.core import BadInputError
from clinigait.report.tidy import parquet_library

if TYPE_CHECKING:
    from clinigait.cohort.study_findings import StudyFindings

#: The rate is that of the walks that were done in the last so many seconds.
_RECENT_S = 600.0


@dataclass(frozen=True)
class Options:
    """What is asked of a run, besides protocol and place.

    Parameters
    ----------
    pose
        Choice of the pose estimator; None takes the best that is here.
    reports
        Whether a report of every walk is wanted.
    limit_s
        A walk that takes longer is given up.
    memory_bytes
        Likewise one that needs more memory.
    again
        Whether walks that failed are tried again.
    """

    pose: str | None = None
    reports: bool = False
    limit_s: float = 1800.0
    memory_bytes: int = 8 * 1024**3
    again: bool = False


@dataclass(frozen=True)
class Standing:
    """How far a run is, told by what is kept.

    Parameters
    ----------
    counts
        Walks by how they ended.
    rate_per_s
        Walks a second of late; None where none was done of late.
    """

    counts: Counts
    rate_per_s: float | None

    @property
    def left_s(self) -> float | None:
        """Time that is left at this rate."""
        left = self.counts.total - self.counts.done
        return left / self.rate_per_s if self.rate_per_s else None


def plan_of(cohort: Cohort, protocol: str, out: Path, options: Options | None = None) -> Plan:
    """Return what is done to every walk; nothing is written.

    Parameters
    ----------
    cohort
        The walks.
    protocol
        Name of a shipped protocol, or path of one.
    out
        The table that is wanted, ``.parquet`` or ``.csv``; what is kept lies beside it.
    options
        What else is asked.

    Raises
    ------
    BadInputError
        If protocol, models, weights or output cannot be used.
    """
    options = options or Options()
    _check_out(out)
    tools = opened(protocol, options.pose)
    made = made_by(tools, films=any(walk.filmed for walk in cohort.walks))
    out = out.absolute()
    return Plan(
        protocol=resolved(protocol),
        pose=options.pose,
        made=made,
        kept=str(out.with_name(f"{out.stem}_walks")),
        reports=str(out.with_name(f"{out.stem}_reports")) if options.reports else None,
        limit_s=options.limit_s,
        memory_bytes=options.memory_bytes,
        again=options.again,
    )


def _check_out(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise BadInputError(
            f"{out.name[:80]} is neither .parquet nor .csv.", "Choose another --out."
        )
    try:
        bad = [path for path in (out, wide_path(out)) if path.exists() and not path.is_file()]
        folder_there = out.absolute().parent.is_dir()
    except (OSError, ValueError) as error:
        raise BadInputError(f"{out.name[:80]} is no file name.", "Choose another --out.") from error
    if bad:
        raise BadInputError(f"{bad[0].name[:80]} is a folder.", "Choose another --out.")
    if not folder_there:
        raise BadInputError(
            f"There is no folder {out.absolute().parent.name[:80]} to write to.",
            "Make it, or choose another --out.",
        )
    if out.suffix.lower() == ".parquet":
        parquet_library()


def score_cohort(
    cohort: Cohort,
    plan: Plan,
    out: Path,
    workers: Workers | None = None,
    *,
    tell: Tell | None = None,
    told: Callable[[str], None] | None = None,
) -> Counts:
    """Score what is missing or changed, and write the tables of all walks.

    Parameters
    ----------
    cohort
        The walks.
    plan
        What :func:`plan_of` gives.
    out
        The long table; the wide one lies beside it.
    workers
        Who scores; by default one worker a core of this machine.
    tell
        Called when a walk has ended.
    told
        Called with what the user should know of the cluster.

    Returns
    -------
    Counts
        How the walks ended.

    Raises
    ------
    BadInputError
        If the run cannot go on; what is done is kept.
    """
    workers = workers or Workers()
    with cluster(workers, told or _quiet) as client:
        run = Run(client, cohort.walks, plan, workers, tell or _quiet)
        outcomes = run.outcomes()
    write_results(cohort, outcomes, Pieces(Path(plan.kept)), out)
    return run.counts


def check_summary(cohort: Cohort, study: StudyPlan) -> None:
    """Refuse what could not be summarised, before the work.

    Raises
    ------
    BadInputError
        If the plan asks for what there is not, or a package is missing.
    """
    check_study(study, cohort)
    for package in ("pandas", "statsmodels"):
        if find_spec(package) is None:
            raise BadInputError(
                f"The summary needs the package {package}, which is not installed.",
                "pip install 'clinigait[cohort]'.",
            )


def summarise(cohort: Cohort, plan: Plan, out: Path, study: StudyPlan) -> StudyFindings:
    """Write the summary of the table of a run beside it.

    Raises
    ------
    BadInputError
        If the plan cannot be answered by it, or a file cannot be written.
    """
    from clinigait.cohort.summary import write_summary  # noqa: PLC0415  slow to import

    made = plan.made
    about = (
        ("Manifest", f"{cohort.name}, {len(cohort.walks):,} walks"),
        ("Table of results", out.name),
        ("Protocol", f"{Path(plan.protocol).stem}, SHA-256 {made.protocol_sha256}"),
        ("Version", f"clinigait {made.clinigait_version}"),
    )
    study = replace(study, about=(*about, *study.about))
    return write_summary(read_results(out), out.absolute().parent, study, _begin(out))


def summary_paths(out: Path) -> tuple[Path, ...]:
    """Return where the summary of a table lies: page, print, and what every column means."""
    from clinigait.cohort.summary import OUTPUTS  # noqa: PLC0415  slow to import

    return tuple(out.with_name(f"{_begin(out)}{name}") for name in OUTPUTS)


def _begin(out: Path) -> str:
    """Return what the names of a summary begin with: two tables may lie in one folder."""
    return "" if out.stem == "results" else f"{out.stem}_"


def _quiet(_: object) -> None:
    """Say nothing."""


def standing(cohort: Cohort, plan: Plan) -> Standing:
    """Return how far a run is, from what is kept and without the workers.

    A recording that has changed since it was scored is counted as done: its content is not read.
    """
    pieces = Pieces(Path(plan.kept))
    wanted = {row_part(plan.sha256(walk)) for walk in cohort.walks}
    newest: dict[str, tuple[float, str]] = {}
    for row, key, written_s in pieces.found():
        if row in wanted:
            newest[row] = max(newest.get(row, (0.0, "")), (written_s, key))
    counts = Counts(len(cohort.walks))
    for _, key in newest.values():
        piece = pieces.read(key, whole=False)
        if piece is not None:
            counts = replace(counts, **{piece.status: getattr(counts, piece.status) + 1})
    now_s = time.time()
    recent = sorted(w for w, _ in newest.values() if now_s - w < _RECENT_S)
    span_s = now_s - recent[0] if recent else 0.0
    return Standing(counts, len(recent) / span_s if span_s > 0 and len(recent) > 1 else None)
