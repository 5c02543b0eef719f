"""The public frontal walks where they stand beside the project, and small copies of them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from clinigait.datasets.gait_validation import trials

ROOT = Path(__file__).parents[3] / "shared" / "data" / "gait_validation"
HERE = ROOT.is_dir()
WHY_NOT = "the frontal walks with sensor reports are not here"


def copied(target: Path, subjects: str, every: int = 1) -> Path:
    """Copy some walks with their reports, without the authors' own events; return the folder."""
    for trial in trials(ROOT, subjects)[::every]:
        for source in (trial.keypoints, trial.report):
            place = target / source.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
            place.chmod(0o644)
    return target


def rewrite_reports(root: Path, change: dict[str, str] | None = None, *, keep: str = "") -> None:
    """Change cells of every report; with ``keep``, blank every other column."""
    for path in root.rglob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, values = list(csv.reader(file))[:2]
        new = [
            (change or {}).get(name, value if not keep or name == keep else "")
            for name, value in zip(header, values, strict=False)
        ]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, new])
