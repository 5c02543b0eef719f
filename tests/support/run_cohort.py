"""Scores the cohort of a folder with the stand-in: ``run_cohort.py FOLDER [SCHEDULER]``."""

import sys
from pathlib import Path

from clinigait.cohort.columns import RESERVED
from clinigait.cohort.engine import Workers
from clinigait.cohort.manifest import read_cohort
from clinigait.cohort.road import score_cohort
from clinigait.core import BadInputError
from support.cohorts import fake_plan


def run(folder: Path, scheduler: str | None, patience_s: float = 600.0) -> str:
    """Return how it ended."""
    cohort = read_cohort(folder / "cohort.csv", RESERVED)
    workers = Workers(scheduler, None if scheduler else 2, wait_s=60, patience_s=patience_s)
    plan = fake_plan(folder, limit_s=3.0, kept=str(folder / "out" / "results_walks"))
    (folder / "out").mkdir(exist_ok=True)
    try:
        counts = score_cohort(cohort, plan, folder / "out" / "results.csv", workers)
    except BadInputError as error:
        return f"ended: {error}"
    return f"{counts.measured} measured {counts.failed} failed {counts.kept} kept"


if __name__ == "__main__":
    sys.stdout.write(run(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None) + "\n")
