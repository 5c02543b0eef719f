"""Foot events against force plates: a check on two walks, never a place to tune."""

from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.datasets.bmc_walk import plate_events_s
from clinigait.training.validate_events import validate_plates

ROOT = Path(__file__).parents[3] / "shared" / "data" / "bmc_walk"


@pytest.mark.skipif(not ROOT.is_dir(), reason="the force plate walks are not here")
def test_events_lie_within_ten_milliseconds_of_the_plates(tmp_path: Path) -> None:
    """Seven contacts and five foot offs of two walks; one contact lies in the first 50 ms."""
    found = validate_plates(ROOT, tmp_path / "out")
    pairs = [r for r in found.rows if r.value is not None]
    assert len(found.rows) == 12
    assert len(pairs) == 11
    misses = [abs(r.value - r.reference) for r in pairs]
    assert np.median(misses) <= 0.010
    assert max(misses) < 0.025


def _forces(path: Path, loads: list[tuple[int, float, float]]) -> Path:
    """Write seven plates at 450 Hz for two seconds, loaded from start to end in s."""
    table = np.zeros((900, 50))
    table[:, 0] = np.arange(900) / 450
    for plate, start_s, end_s in loads:
        table[round(450 * start_s) : round(450 * end_s), 2 + 7 * plate] = 700.0
    names = "Sample " + " ".join(f"FX{p} FY{p} FZ{p} X{p} Y{p} Z{p} MZ{p}" for p in range(1, 8))
    rows = "\n".join("\t".join(f"{v:g}" for v in row) for row in table)
    path.write_text(f"[Force Data]\n{names}\n{rows}\n", encoding="utf-8")
    return path


def test_a_step_on_a_plate_begins_and_ends(tmp_path: Path) -> None:
    found = plate_events_s(_forces(tmp_path / "a.forces", [(0, 0.5, 1.1), (1, 1.0, 1.7)]))
    assert list(found["initial_contact"]) == pytest.approx([0.5, 1.0], abs=0.003)
    assert list(found["foot_off"]) == pytest.approx([1.1, 1.7], abs=0.003)


def test_what_the_record_cuts_off_is_no_event(tmp_path: Path) -> None:
    found = plate_events_s(_forces(tmp_path / "a.forces", [(0, 0.0, 0.6), (1, 1.4, 2.0)]))
    assert list(found["initial_contact"]) == pytest.approx([1.4], abs=0.003)
    assert list(found["foot_off"]) == pytest.approx([0.6], abs=0.003)


def test_a_touch_is_no_step(tmp_path: Path) -> None:
    found = plate_events_s(_forces(tmp_path / "a.forces", [(2, 0.5, 0.6)]))
    assert not len(found["initial_contact"])


@pytest.mark.parametrize("content", ["", "FX1", "FX1\n1 2 3\n4 5 6", "FX1\na b", "\x00\x01"])
def test_broken_forces_are_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "walk1.forces"
    path.write_text(content, encoding="latin1")
    with pytest.raises(BadInputError, match="force plates"):
        plate_events_s(path)


def test_a_missing_data_set_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        validate_plates(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(BadInputError):
        validate_plates(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
