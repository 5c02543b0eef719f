"""Agreement with body-worn sensors, on people whom the corrections never saw."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.training.validate import (
    AGREEMENT,
    METRICS,
    Row,
    Validation,
    agreement_csv,
    metrics,
    outlying_people,
    summarised,
    validate_gait,
)
from support.gait_validation import HERE, ROOT, WHY_NOT, copied, rewrite_reports

needs_data = pytest.mark.skipif(not HERE, reason=WHY_NOT)


@pytest.fixture(scope="module")
def all_walks(tmp_path_factory) -> tuple[Validation, Path]:
    out = tmp_path_factory.mktemp("all") / "out"
    return validate_gait(ROOT, out), out


@needs_data
class TestAgainstSensors:
    """Every person is measured by numbers that were learned without that person."""

    def test_nearly_every_walk_is_measured(self, all_walks) -> None:
        found, _ = all_walks
        assert found.walks == 105
        assert found.assessed >= 0.98 * found.walks

    @pytest.mark.parametrize(
        ("parameter", "side", "worst"),
        [
            ("cadence_spm", "both", 0.35),
            ("stride_time_s", "both", 0.006),
            ("step_time_s", "left", 0.010),
            ("step_time_s", "right", 0.010),
            ("step_time_s", "both", 0.003),
            ("stance_time_s", "both", 0.010),
            ("double_support_time_s", "both", 0.018),
        ],
    )
    def test_mean_absolute_error(self, all_walks, parameter, side, worst) -> None:
        assert all_walks[0].agreements[parameter, side].mae.value <= worst

    @pytest.mark.parametrize(
        ("parameter", "least"), [("double_support_time_s", 0.85), ("stance_pct", 0.8)]
    )
    def test_correlation(self, all_walks, parameter, least) -> None:
        assert all_walks[0].agreements[parameter, "both"].pearson_r.value >= least

    def test_speed_and_lengths_apart_from_the_outlier(self, all_walks) -> None:
        found, _ = all_walks
        assert found.outliers == ("Val_005",)
        assert found.apart["speed_mps", "both"].mae.value <= 0.10
        assert found.apart["step_length_m", "both"].mae.value <= 0.06

    def test_the_intervals_hold_what_the_sensors_say(self, all_walks) -> None:
        """Of every parameter that has intervals, most of the references lie inside."""
        _, out = all_walks
        flat = json.loads((out / METRICS).read_text())
        shares = {k: v for k, v in flat.items() if k.endswith("_interval_coverage") and v}
        assert len(shares) > 25
        assert min(shares.values()) > 0.85

    def test_every_statistic_has_its_interval(self, all_walks) -> None:
        _, out = all_walks
        flat = json.loads((out / METRICS).read_text())
        for name in ("mae", "bias", "loa_low", "loa_high", "r", "icc21"):
            low, high = flat[f"cadence_spm_both_{name}_ci95"]
            assert low <= flat[f"cadence_spm_both_{name}"] <= high
        assert set(flat["per_subject"]) == {r.subject for r in all_walks[0].rows}

    def test_rows_without_value_or_reference_stay_in_the_table(self, all_walks) -> None:
        found, out = all_walks
        with (out / AGREEMENT).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(found.rows)
        speeds = [r for r in rows if r["parameter"] == "speed_mps"]
        assert len(speeds) == 105
        assert sum(r["reference"] == "" for r in speeds) == 4

    def test_there_is_a_picture_for_every_agreement(self, all_walks) -> None:
        found, out = all_walks
        pictures = {p.stem for p in (out / "bland_altman").glob("*.png")}
        assert pictures == {f"{name}_{side}" for name, side in found.agreements}


@needs_data
def test_the_estimates_use_nothing_but_joints_and_height(tmp_path: Path) -> None:
    """Blanking every sensor column but the height changes no estimate."""
    root = copied(tmp_path / "data", "1-10", every=9)
    before = validate_gait(root, tmp_path / "before")
    rewrite_reports(root, keep="Height [cm]")
    after = validate_gait(root, tmp_path / "after")
    values = [
        [(r.trial, r.parameter, r.side, r.value) for r in found.rows] for found in (before, after)
    ]
    assert values[0] == values[1]
    assert all(row.reference is None for row in after.rows)
    assert not after.agreements


@needs_data
def test_identity_columns_and_broken_walks_stop_nothing(tmp_path: Path) -> None:
    root = copied(tmp_path / "data", "Val_018")
    broken, lost = sorted(root.rglob("*.npy"))[:2]
    broken.write_bytes(b"not an array")
    np.save(lost, np.full((50, 17, 3), np.nan))
    for report in root.rglob("*.csv"):
        first, *others = report.read_text(encoding="utf-8-sig").splitlines()
        report.write_text("\n".join([f"name,{first}", f"somebody,{others[0]}"]), encoding="utf-8")
    found = validate_gait(root, tmp_path / "out")
    assert (found.walks, found.assessed) == (8, 6)
    assert found.refusals[broken.stem] == "unreadable"
    missing = [r for r in found.rows if r.trial == broken.stem]
    assert missing
    assert all(r.value is None and r.reason for r in missing)
    assert any(r.reference is not None for r in missing)


def test_a_folder_that_is_not_the_data_set_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        validate_gait(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def _rows(differences: dict[str, float]) -> list[Row]:
    return [
        Row(f"{person}_T{n}", person, "speed_mps", "both", 1.0 + d + 0.01 * n, 1.0)
        for person, d in differences.items()
        for n in range(3)
    ]


def test_an_outlying_person_is_found_by_robust_spread() -> None:
    people = {"a": 0.01, "b": -0.02, "c": 0.03, "d": 0.0, "e": -0.6}
    assert outlying_people(_rows(people)) == ("e",)
    del people["e"]
    assert outlying_people(_rows(people)) == ()  # too few people to tell


def test_a_name_is_no_formula() -> None:
    row = Row("=1+1", "@a", "speed_mps", "both", -1.0, None)
    assert agreement_csv([row]).splitlines()[1].startswith("'=1+1,'@a,speed_mps,both,-1,,")


def test_statistics_are_flat_and_know_their_counts() -> None:
    rows = tuple(_rows({"a": 0.1, "b": 0.1}))
    gone = Row("b_T9", "b", "speed_mps", "both", None, 1.0, reason="unreadable")
    flat = metrics(summarised((*rows, gone), 7, {"b_T9": "unreadable"}))
    assert flat["speed_mps_both_n"] == 6
    assert flat["speed_mps_both_missing"] == 1
    assert flat["speed_mps_both_bias"] == pytest.approx(0.11)
    assert flat["assessed"] == 6
    assert flat["assessed_share"] == pytest.approx(6 / 7)
