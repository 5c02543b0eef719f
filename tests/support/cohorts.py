"""Small cohorts for tests, and what scores them quickly."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clinigait.cohort.columns import RESERVED
from clinigait.cohort.manifest import read_cohort
from clinigait.cohort.plan import Made, Plan
from clinigait.cohort.walks import Cohort

MADE = Made("p" * 64, "", "", "v" * 64, "0.1.0")
FAKE = (sys.executable, str(Path(__file__).with_name("fake_child.py")))


def write_manifest(folder: Path, names: Sequence[str], content: str = "x") -> Path:
    """Write recordings of these names, and a manifest of them, two visits a person."""
    rows = ["subject,visit,file,group,height_m,moca"]
    for number, name in enumerate(names):
        (folder / f"{name}.npz").write_text(content * (number + 1))
        rows.append(f"P{number // 2},{number % 2 + 1},{name}.npz,{'ab'[number % 2]},1.7,{number}")
    manifest = folder / "cohort.csv"
    manifest.write_text("\n".join(rows) + "\n")
    return manifest


def cohort_of(folder: Path, names: Sequence[str], content: str = "x") -> Cohort:
    """Return a cohort of recordings of these names."""
    return read_cohort(write_manifest(folder, names, content), RESERVED)


def fake_plan(folder: Path, **changes: Any) -> Plan:
    """Return the order to score with the stand-in."""
    usual = {"protocol": "walk_sagittal", "pose": None, "made": MADE, "command": FAKE}
    return Plan(**{**usual, "kept": str(folder / "results_walks"), **changes})


def scored(folder: Path) -> Counter[str]:
    """Return how often the stand-in was asked for each recording."""
    noted = folder / "scored.txt"
    return Counter(noted.read_text().split()) if noted.is_file() else Counter()
