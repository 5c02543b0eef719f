"""Values that hardly any walker has are flagged, and stay where they are."""

import csv
import math
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError, Parameter, Subject
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.plausible import cohort_of, implausible


def limits() -> dict[str, dict[str, tuple[float, float]]]:
    text = files("clinigait.gait").joinpath("plausibility.csv").read_text(encoding="utf-8")
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in csv.DictReader(text.splitlines()):
        of_cohort = found.setdefault(row["cohort"], {})
        assert row["parameter"] not in of_cohort, "a parameter stands there twice"
        assert row["source"]
        of_cohort[row["parameter"]] = (float(row["low"]), float(row["high"]))
    return found


LIMITS = limits()
WALKING = ("adult", "child", "older", "patient_slow")


def parameter(name: str, value: float | None, side: str = "both") -> Parameter:
    reason = None if value is not None else "no scale"
    return Parameter(name, side, value, CATALOGUE[name].unit, 8, reason=reason)


@pytest.mark.parametrize("cohort", LIMITS)
def test_limits_are_sound_and_every_cohort_has_the_same(cohort: str) -> None:
    assert LIMITS[cohort].keys() == LIMITS["adult"].keys()
    for name, (low, high) in LIMITS[cohort].items():
        assert name in CATALOGUE
        assert low < high


@pytest.mark.parametrize("cohort", LIMITS)
def test_limits_of_one_cohort_agree_with_each_other(cohort: str) -> None:
    low, high = ({name: pair[i] for name, pair in LIMITS[cohort].items()} for i in (0, 1))
    assert low["stride_time_s"] == pytest.approx(120 / high["cadence_spm"], rel=0.02)
    assert high["stride_time_s"] == pytest.approx(120 / low["cadence_spm"], rel=0.02)
    assert low["stance_pct"] + high["swing_pct"] == 100
    assert high["stance_pct"] + low["swing_pct"] == 100
    for name in ("step_time_s", "stance_time_s", "swing_time_s"):
        assert high[name] < high["stride_time_s"]


def test_the_cohort_of_anybody_holds_all_who_walk() -> None:
    for cohort in WALKING:
        for name, (low, high) in LIMITS[cohort].items():
            assert LIMITS["any"][name][0] <= low
            assert LIMITS["any"][name][1] >= high


# Typical ranges of healthy adults: a limit that cut into them would flag the healthy.
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("cadence_spm", 90, 140), ("stride_time_s", 0.85, 1.35), ("stride_length_m", 1.1, 1.6),
        ("step_width_m", 0.05, 0.14), ("stance_pct", 58, 65), ("double_support_pct", 15, 30),
        ("swing_pct", 35, 42), ("knee_flexion_peak_swing_deg", 55, 70),
        ("hip_flexion_rom_deg", 35, 50), ("ankle_rom_deg", 20, 35),
    ],
)  # fmt: skip
def test_limits_lie_well_outside_typical_ranges(name: str, low: float, high: float) -> None:
    for cohort in WALKING:
        assert LIMITS[cohort][name][0] < low
        assert LIMITS[cohort][name][1] > high


def test_reference_populations_are_plausible_to_two_standard_deviations() -> None:
    folder = files("clinigait.gait.norms")
    text = folder.joinpath("spatiotemporal.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        cohort = "child" if int(row["age_min_y"]) < 18 else "older"
        low, high = float(row["low"]), float(row["high"])
        sd = (high - low) / 2
        assert LIMITS[cohort][row["parameter"]][0] <= low - sd
        assert LIMITS[cohort][row["parameter"]][1] >= high + sd


@pytest.mark.parametrize(
    ("subject", "cohort"),
    [
        (Subject(), "any"),
        (Subject(age_y=math.nan), "any"),
        (Subject(age_y=17.9), "child"),
        (Subject(age_y=18), "adult"),
        (Subject(age_y=64.9, condition="  "), "adult"),
        (Subject(age_y=65), "older"),
        (Subject(age_y=30, condition="barefoot"), "adult"),
        (Subject(age_y=30, condition="with a stick"), "patient_slow"),
        (Subject(age_y=80, condition="rollator"), "patient_slow"),
        (Subject(age_y=7, condition="ankle brace"), "any"),
        (Subject(condition="ankle brace"), "any"),
    ],
)
def test_cohort_of_a_person(subject: Subject, cohort: str) -> None:
    assert cohort_of(subject) == cohort


@pytest.mark.parametrize(
    ("name", "value", "slip"),
    [
        ("stride_length_m", 132.0, "cm"),
        ("stride_length_m", 1320.0, "mm"),
        ("step_width_m", 9.0, "cm"),
        ("stride_time_s", 1100.0, "ms"),
        ("speed_mps", 4.8, "km/h"),
        ("speed_mps", 130.0, "cm/s"),
        ("stance_pct", 0.62, "a fraction of 1"),
        ("cadence_spm", 1.9, "steps per second"),
    ],
)
def test_a_slip_of_units_is_named(name: str, value: float, slip: str) -> None:
    (flag,) = implausible([parameter(name, value)], "adult")
    assert f"if it were in {slip}:" in flag.message


def test_a_flag_says_what_is_odd() -> None:
    (flag,) = implausible([parameter("knee_flexion_peak_swing_deg", 140, "left")], "adult")
    assert (flag.name, flag.side, flag.value) == ("knee_flexion_peak_swing_deg", "left", 140)
    assert (flag.low, flag.high, flag.cohort) == (25, 100, "adult")
    assert "Knee flexion in swing, peak (left) of 140 deg is outside 25 to 100 deg" in flag.message
    assert "units" not in flag.message


def test_patients_may_walk_as_healthy_adults_do_not() -> None:
    slow = [parameter("speed_mps", 0.2), parameter("cadence_spm", 40)]
    assert [flag.name for flag in implausible(slow, "adult")] == ["speed_mps", "cadence_spm"]
    assert implausible(slow, "patient_slow") == ()


def test_absent_values_and_names_without_limits_are_passed_over() -> None:
    unknown = Parameter("waist_size_m", "both", 99.0, "m", 1)
    assert implausible([parameter("speed_mps", None), unknown], "adult") == ()


def test_an_unknown_cohort_is_bad_input() -> None:
    with pytest.raises(BadInputError, match="There is no cohort teen"):
        implausible([], "teen")


@given(
    name=st.sampled_from(sorted(LIMITS["adult"])),
    cohort=st.sampled_from(sorted(LIMITS)),
    value=st.floats(-1e6, 1e6),
)
def test_flagged_exactly_when_outside(name: str, cohort: str, value: float) -> None:
    low, high = LIMITS[cohort][name]
    flags = implausible([parameter(name, value)], cohort)
    assert bool(flags) == (value < low or value > high)
