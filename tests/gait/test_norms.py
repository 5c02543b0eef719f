"""Reference values are copied rightly, and apply to those they hold for and to nobody else."""

import csv
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import Reference, Subject
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.norms import (
    WalkConditions,
    published_mean,
    reference_for,
    standing_of,
    why_no_reference,
)
from clinigait.gait.norms.scope import Scope, first_fit

WOMAN_72 = Subject(age_y=72, sex="female")
MAN_72 = Subject(age_y=72, sex="male")
GIRL_6 = Subject(age_y=6.5, sex="female")
SHOD = WalkConditions(footwear="shod")
_SHARED = Path(__file__).parents[3] / "shared/data/norms"
_ONLY_WITH_SOURCES = pytest.mark.skipif(not _SHARED.is_dir(), reason="the sources are not here")


def table(name: str) -> list[dict[str, str]]:
    text = files("clinigait.gait.norms").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def groups() -> dict[tuple[str, int, int, str], dict[str, tuple[float, float]]]:
    """Mean and SD by parameter, for every group of people and pace."""
    found = defaultdict(dict)
    for r in table("spatiotemporal.csv"):
        low, high = float(r["low"]), float(r["high"])
        key = (r["sex"], int(r["age_min_y"]), int(r["age_max_y"]), r["pace"])
        assert r["parameter"] not in found[key], "a parameter stands there twice"
        found[key][r["parameter"]] = ((low + high) / 2, (high - low) / 2)
    return found


# ------------------------------------------------------------------ the tables, row by row

# Hollman 2011 as quoted apart from the compiled table: cadence, mean ± SD, by youngest age.
HOLLMAN_CADENCE = {
    "male": {70: (102, 8), 75: (106, 10), 80: (103, 8), 85: (102, 11)},
    "female": {70: (113, 20), 75: (114, 13), 80: (110, 9), 85: (108, 10)},
}


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("age", [70, 75, 80, 85])
def test_cadence_of_older_adults_is_as_published(sex: str, age: int) -> None:
    mean, sd = HOLLMAN_CADENCE[sex][age]
    found = reference_for("cadence_spm", Subject(age_y=age, sex=sex))
    assert (found.low, found.high) == (mean - sd, mean + sd)
    assert "10.1016/j.gaitpost.2011.03.024" in found.source


# Typed by hand from the compiled tables: sex, youngest age, pace, parameter, low, high in SI.
ANCHORS = [
    ("male", 70, "usual", "speed_mps", 1.01, 1.33),
    ("male", 85, "usual", "step_width_m", 0.051, 0.147),
    ("female", 75, "usual", "single_support_pct", 31, 40.6),
    ("female", 85, "usual", "double_support_pct", 23.9, 33.5),
    ("female", 80, "usual", "step_length_m", 0.48, 0.62),
    ("", 5, "slow", "cadence_spm", 108.1, 135.9),
    ("", 6, "usual", "stride_time_s", 0.81, 0.97),
    ("", 10, "fast", "stride_length_m", 1.364, 1.638),
    ("", 12, "usual", "cadence_spm", 106.9, 122.3),
    ("", 12, "fast", "double_support_pct", 11.6, 17.4),
]


@pytest.mark.parametrize("anchor", ANCHORS, ids=lambda a: "-".join(map(str, a[:4])))
def test_anchor_rows_are_as_typed_by_hand(anchor: tuple) -> None:
    sex, age, pace, name, low, high = anchor
    rows = [
        r
        for r in table("spatiotemporal.csv")
        if (r["sex"], int(r["age_min_y"]), r["pace"], r["parameter"]) == (sex, age, pace, name)
    ]
    assert [(float(r["low"]), float(r["high"])) for r in rows] == [(low, high)]


def test_every_row_is_sound_and_sourced() -> None:
    rows = table("spatiotemporal.csv")
    assert len(rows) == 8 * 11 + 8 * 3 * 9 - 4
    for row in rows:
        assert row["parameter"] in CATALOGUE
        assert 0 < float(row["low"]) < float(row["high"])
        assert row["doi"].startswith("10.")
        assert row["sex"] in ("female", "male", "")
        assert row["kind"] == "mean ± 1 SD"


def test_ages_of_a_parameter_never_overlap() -> None:
    seen = set()
    for r in table("spatiotemporal.csv"):
        for age in range(int(r["age_min_y"]), int(r["age_max_y"]) + 1):
            for sex in (r["sex"],) if r["sex"] else ("female", "male"):
                key = (r["parameter"], sex, age, r["pace"])
                assert key not in seen
                seen.add(key)


@pytest.mark.parametrize("group", groups(), ids=lambda g: "-".join(map(str, g)))
def test_every_group_agrees_with_itself(group: tuple) -> None:
    values = groups()[group]
    m = {name: mean for name, (mean, _) in values.items()}
    rel = {name: sd / mean for name, (mean, sd) in values.items()}
    if "cadence_spm" in m:
        assert m["cadence_spm"] * m["stride_time_s"] == pytest.approx(120, rel=0.025)
        assert 2 * m["step_time_s"] == pytest.approx(m["stride_time_s"], rel=0.02)
        if group != ("female", 70, 74, "usual"):  # its cadence, 113 ± 20, is so published
            assert 1 / 1.3 < rel["cadence_spm"] / rel["stride_time_s"] < 1.3
    if "step_length_m" in m:
        assert 2 * m["step_length_m"] == pytest.approx(m["stride_length_m"], rel=0.01)
    if "speed_mps" in m:
        speed = m["stride_length_m"] / m["stride_time_s"]
        assert m["speed_mps"] == pytest.approx(speed, rel=0.025)
    swing = m.get("swing_pct", m["single_support_pct"])
    assert m["stance_pct"] + swing == pytest.approx(100, abs=1)
    assert m["stance_pct"] - swing == pytest.approx(m["double_support_pct"], abs=1)


def test_sexes_of_older_adults_are_not_swapped() -> None:
    """Women take shorter and quicker steps than men of the same age."""
    found = groups()
    for low, high in ((70, 74), (75, 79), (80, 84), (85, 89)):
        woman, man = found["female", low, high, "usual"], found["male", low, high, "usual"]
        assert woman["cadence_spm"][0] > man["cadence_spm"][0]
        assert woman["stride_length_m"][0] < man["stride_length_m"][0]
        assert woman["speed_mps"][0] < man["speed_mps"][0]


@pytest.mark.parametrize("pace", ["slow", "usual", "fast"])
def test_children_lengthen_their_stride_as_they_grow(pace: str) -> None:
    found = groups()
    ages = [(a, a) for a in range(5, 12)] + [(12, 13)]
    lengths = [found["", *age, pace]["stride_length_m"][0] for age in ages]
    assert lengths == sorted(lengths)


_COLUMNS = {
    "speed_mps": (4, 0.01), "cadence_spm": (6, 1), "stride_time_s": (8, 1), "step_time_s": (10, 1),
    "stride_length_m": (12, 0.01), "step_length_m": (14, 0.01), "step_width_m": (16, 0.01),
    "swing_pct": (18, 1), "stance_pct": (20, 1), "single_support_pct": (22, 1),
    "double_support_pct": (24, 1),
}  # fmt: skip


@_ONLY_WITH_SOURCES
def test_every_row_is_the_row_of_the_compiled_table() -> None:
    lines = (_SHARED / "Normals.txt").read_text(encoding="utf-8").splitlines()
    source = {tuple(f[:4]): f for f in (line.split(";") for line in lines)}
    paces = {"usual": "Normal", "slow": "Slow", "fast": "Fast"}
    for r in table("spatiotemporal.csv"):
        column, factor = _COLUMNS[r["parameter"]]
        for sex in (r["sex"].capitalize(),) if r["sex"] else ("Male", "Female"):
            fields = source[sex, r["age_min_y"], r["age_max_y"], paces[r["pace"]]]
            assert float(r["low"]) == pytest.approx(float(fields[column]) * factor)
            assert float(r["high"]) == pytest.approx(float(fields[column + 1]) * factor)


def test_the_notice_stands_beside_the_tables() -> None:
    notice = files("clinigait.gait.norms").joinpath("NOTICE.md").read_text(encoding="utf-8")
    assert "CC BY-SA 4.0" in notice
    for row in table("spatiotemporal.csv") + table("means.csv") + table("curves.csv"):
        assert row["doi"] in notice


# ------------------------------------------------------------------ whom they apply to


@pytest.mark.parametrize(
    ("subject", "conditions", "reason"),
    [
        (Subject(), WalkConditions(), "age is not known"),
        (replace(WOMAN_72, age_y=None), WalkConditions(), "age is not known"),
        (replace(WOMAN_72, age_y=math.nan), WalkConditions(), "age is not known"),
        (replace(WOMAN_72, sex=None), WalkConditions(), "sex is not known"),
        (replace(WOMAN_72, age_y=69.9), WalkConditions(), "5 to 13, 70 to 89 years"),
        (replace(WOMAN_72, age_y=90), WalkConditions(), "no reference population"),
        (replace(WOMAN_72, condition="with a stick"), WalkConditions(), "with a stick"),
        (replace(WOMAN_72, condition="high heels"), WalkConditions(), "high heels"),
        (WOMAN_72, WalkConditions(aid=True), "a walking aid is used"),
        (WOMAN_72, WalkConditions(pace="fast"), "at usual pace"),
        (WOMAN_72, WalkConditions(pace=None), "pace is not known"),
        (WOMAN_72, WalkConditions(surface="treadmill"), "this walk was on a treadmill"),
        (WOMAN_72, WalkConditions(surface=None), "not known whether the walk was on a treadmill"),
        (WOMAN_72, WalkConditions(start="standing"), "standing start"),
        (WOMAN_72, WalkConditions(footwear="barefoot"), "barefoot"),
        (replace(WOMAN_72, condition="Barefoot."), WalkConditions(), "barefoot"),
        (replace(WOMAN_72, condition="barefoot"), SHOD, "disagree"),
        (GIRL_6, WalkConditions(), "wore shoes, and the footwear of this walk is not known"),
        (GIRL_6, WalkConditions(footwear="barefoot"), "wore shoes, and this walk was barefoot"),
    ],
)
def test_no_applicable_reference_and_why(
    subject: Subject, conditions: WalkConditions, reason: str
) -> None:
    assert reference_for("cadence_spm", subject, conditions) is None
    assert reason in why_no_reference("cadence_spm", subject, conditions)


@pytest.mark.parametrize(
    ("subject", "conditions", "low"),
    [
        (replace(WOMAN_72, condition=" "), WalkConditions(), 93),
        (replace(WOMAN_72, condition="in her own shoes"), WalkConditions(), 93),
        (WOMAN_72, WalkConditions(start="rolling", aid=False, footwear="shod"), 93),
        (replace(WOMAN_72, age_y=89.99), WalkConditions(), 98),
        (GIRL_6, SHOD, 124.5),
        (replace(GIRL_6, sex=None), SHOD, 124.5),
        (replace(GIRL_6, condition="trainers"), WalkConditions(), 124.5),
        (GIRL_6, replace(SHOD, pace="slow"), 105.9),
        (replace(GIRL_6, age_y=13.9), replace(SHOD, pace="fast"), 118.5),
    ],
)
def test_an_applicable_reference(subject: Subject, conditions: WalkConditions, low: float) -> None:
    assert reference_for("cadence_spm", subject, conditions).low == low
    assert why_no_reference("cadence_spm", subject, conditions) == ""


def test_rows_that_failed_the_checks_apply_to_nobody() -> None:
    slow, usual = replace(SHOD, pace="slow"), SHOD
    assert reference_for("cadence_spm", Subject(age_y=8), slow) is None
    assert reference_for("stride_length_m", Subject(age_y=8), slow) is not None
    assert reference_for("step_length_m", Subject(age_y=9), usual) is None
    assert reference_for("speed_mps", Subject(age_y=9), usual) is None
    assert reference_for("speed_mps", Subject(age_y=40, sex="male"), usual) is None


def test_a_parameter_without_a_table_has_no_reference() -> None:
    assert reference_for("arm_swing_deg", WOMAN_72) is None
    assert why_no_reference("arm_swing_deg", WOMAN_72).startswith("no reference values")


@given(
    age=st.none() | st.floats(-5, 130),
    sex=st.sampled_from([None, "female", "male"]),
    pace=st.sampled_from([None, "slow", "usual", "fast"]),
    start=st.sampled_from([None, "rolling", "standing"]),
    aid=st.sampled_from([None, True, False]),
    footwear=st.sampled_from([None, "shod", "barefoot"]),
    surface=st.sampled_from([None, "overground", "treadmill"]),
)
def test_there_is_a_reference_or_a_reason_never_both(
    age, sex, pace, start, aid, footwear, surface
) -> None:
    subject, walk = (
        Subject(age_y=age, sex=sex),
        WalkConditions(pace, start, aid, footwear, surface),
    )
    found = reference_for("cadence_spm", subject, walk)
    assert (found is None) == bool(why_no_reference("cadence_spm", subject, walk))
    if found:
        assert not aid
        assert surface == "overground"
        assert 5 <= age < 90


@dataclass(frozen=True)
class Published:
    scope: Scope


@pytest.mark.parametrize(
    ("stated", "conditions", "reason"),
    [
        ({"start": "rolling"}, WalkConditions(start="rolling"), ""),
        ({"start": "rolling"}, WalkConditions(), "not known whether the walk was timed from"),
        ({"start": "rolling"}, WalkConditions(start="standing"), "had a rolling start"),
        ({"aid": True}, WalkConditions(aid=True), ""),
        ({"aid": True}, WalkConditions(), "the reference population used a walking aid"),
        ({"surface": "treadmill"}, WalkConditions(surface="treadmill"), ""),
        (
            {"surface": "treadmill"},
            WalkConditions(),
            "walked on a treadmill, and this walk was over",
        ),
        ({"footwear": "barefoot"}, WalkConditions(footwear="barefoot"), ""),
        ({"footwear": "barefoot"}, SHOD, "was barefoot, and this walk was shod"),
        ({"sex": "male"}, WalkConditions(), "has another sex"),
    ],
)
def test_what_a_source_states_must_be_known_and_agree(stated, conditions, reason) -> None:
    scope = replace(Scope(None, 70, 74, "usual", None, None, None, None), **stated)
    found, why = first_fit([Published(scope)], WOMAN_72, conditions)
    assert (found is None) == bool(reason)
    assert reason in why


# ------------------------------------------------------------------ standing and means


def test_standing_is_in_standard_deviations_of_the_source() -> None:
    found = reference_for("cadence_spm", MAN_72)
    assert standing_of(102, found) == 0
    assert standing_of(86, found) == pytest.approx(-2)
    assert standing_of(math.nan, found) is None


def test_no_standing_without_mean_and_spread() -> None:
    percentiles = Reference(94, 110, "5th to 95th percentile", "", "")
    assert standing_of(102, percentiles) is None
    assert standing_of(102, Reference(102, 102, "mean ± 1 SD", "", "")) is None


BOHANNON = {
    "male": (1.36, 1.43, 1.43, 1.43, 1.34, 1.26, 0.97),
    "female": (1.34, 1.34, 1.39, 1.31, 1.24, 1.13, 0.94),
}


@pytest.mark.parametrize("sex", ["male", "female"])
def test_mean_speeds_are_as_published_and_sexes_not_swapped(sex: str) -> None:
    ages = (25, 35, 45, 55, 65, 75, 85)
    found = [published_mean("speed_mps", Subject(age_y=a, sex=sex)) for a in ages]
    assert tuple(mean.value for mean in found) == BOHANNON[sex]
    assert all("10.1016/j.physio.2010.12.004" in mean.source for mean in found)


def test_a_mean_is_no_range_and_needs_the_same_fit() -> None:
    assert reference_for("speed_mps", Subject(age_y=45, sex="male")) is None
    assert published_mean("speed_mps", Subject(age_y=45)) is None
    assert published_mean("speed_mps", Subject(age_y=100, sex="male")) is None
    assert published_mean("cadence_spm", Subject(age_y=45, sex="male")) is None
    assert published_mean("speed_mps", MAN_72, WalkConditions(start="standing")) is None
