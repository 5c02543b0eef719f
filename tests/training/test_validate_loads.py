"""Inferred forces against plates: what two walks say, and what a plate says of a body's weight."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.datasets.bmc_walk import plate_steps, plate_walks
from clinigait.training.validate_loads import validate_loads

ROOT = Path(__file__).parents[3] / "shared" / "data" / "bmc_walk"
needs_plates = pytest.mark.skipif(not ROOT.is_dir(), reason="the force plate walks are not here")


@needs_plates
def test_the_vertical_force_follows_the_plates(tmp_path: Path) -> None:
    """Five whole stances of two walks of one person: a check, not a sample."""
    result = validate_loads(ROOT, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert told["walks"] == 2
    assert len(told["stances"]) == 25
    assert told["events_rmse_pct"] <= 12
    assert told["plates_rmse_pct"] <= 8
    assert told["plates_r"] >= 0.95
    assert told["events_r"] >= 0.92
    assert told["stillness_rmse_pct"] <= 12
    assert told["events_forward_r"] >= 0.9
    assert "n = 5 stances" in "\n".join(result.lines)
    impulses = [r for r in result.rows if r.parameter == "vertical_impulse_bws"]
    gaps = [abs(r.value / r.reference - 1) for r in impulses]
    assert len(impulses) == 5
    assert np.mean(gaps) < 0.05


@needs_plates
def test_the_weight_is_that_of_an_adult() -> None:
    for measured in plate_walks(ROOT):
        assert 60 < measured.weight_n() / 9.81 < 90
        assert [step.is_whole for step in measured.steps].count(True) >= 2


def test_a_missing_data_set_leaves_nothing_behind(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(BadInputError):
            validate_loads(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadInputError, match="force plates"):
        plate_steps(tmp_path / "none.forces")
