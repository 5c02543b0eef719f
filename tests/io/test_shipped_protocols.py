"""The protocols that come with clinigait ask for what exists, and measure what they are for."""

import re
from dataclasses import replace

import pytest

from clinigait.core import BadInputError, Grade, Walk
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.kinematics import CURVES
from clinigait.gait.measure import measure
from clinigait.gait.quality import RULES
from clinigait.gait.task_catalogue import TASK_DEFINITIONS
from clinigait.gait.tasks import TASK_PARAMETERS
from clinigait.io.protocol import load_protocol, parse_protocol, shipped_protocols
from support.tug import FRONT, Camera, course_script, filmed, tug_script, walk_in_space
from support.walker import Gait, synthetic_walk

CLINICAL = [name for name in shipped_protocols() if load_protocol(name).kind == "clinical"]
TASKS = {
    "walk_frontal",
    "walk_spatial",
    "walk_treadmill",
    "walk_4m",
    "walk_10m",
    "timed_up_and_go",
    "dual_task",
    "parkinson",
}


def test_every_kind_of_walk_has_its_protocol() -> None:
    assert set(CLINICAL) >= TASKS


@pytest.mark.parametrize("name", CLINICAL)
class TestEveryClinicalProtocol:
    def test_it_asks_for_what_exists_and_once(self, name) -> None:
        protocol = load_protocol(name)
        assert protocol.name == name
        assert protocol.title
        assert protocol.version
        assert set(protocol.parameters) <= set(CATALOGUE)
        assert set(protocol.curves) <= set(CURVES)
        assert set(protocol.limits) <= set(RULES)
        assert len(set(protocol.parameters)) == len(protocol.parameters) > 0

    def test_its_limits_warn_before_they_refuse(self, name) -> None:
        for check, limit in load_protocol(name).limits.items():
            assert limit.warn is not None
            if limit.refuse is not None:
                assert (limit.warn < limit.refuse) is RULES[check].too_much, check

    def test_it_checks_the_view_that_it_needs(self, name) -> None:
        protocol = load_protocol(name)
        angle = {"sagittal": "view_angle_deg", "frontal": "front_angle_deg"}.get(protocol.view)
        angles = {n for n in protocol.limits if n.endswith("angle_deg")}
        assert angles == ({angle} if angle else set())

    def test_it_says_what_to_do(self, name) -> None:
        instructions = load_protocol(name).instructions
        assert len(instructions) >= 3
        assert all(line.endswith(".") for line in instructions)

    def test_it_asks_for_what_its_view_and_task_can_give(self, name) -> None:
        protocol = load_protocol(name)
        tasks = {n.split("_")[0] for n in protocol.parameters if n in TASK_PARAMETERS}
        assert ("course" in tasks) == (protocol.task == "course")
        assert ("tug" in tasks) == (protocol.task == "timed_up_and_go")
        if protocol.view == "frontal":
            views = {CATALOGUE[n].view for n in protocol.parameters}
            assert "side view" not in views


@pytest.mark.parametrize("name", sorted(TASKS))
class TestEntries:
    def test_they_are_well_formed(self, name) -> None:
        entries = load_protocol(name).entries
        names = [entry.name for entry in entries]
        assert len(set(names)) == len(names)
        for entry in entries:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
            assert entry.title[0].isupper()
            assert len(entry.title) < 60
            assert len(set(entry.options)) == len(entry.options) != 1
            assert entry.unit == "" or entry.kind == "number"

    def test_they_ask_for_what_changes_a_walk(self, name) -> None:
        entries = {entry.name: entry for entry in load_protocol(name).entries}
        assert {
            "walking_aid", "footwear", "brace", "assistance", "medication_state",
            "medication_last_dose_h", "pain",
        } <= set(entries)  # fmt: skip
        assert entries["walking_aid"].options[0] == "none"
        assert {"on", "off"} <= set(entries["medication_state"].options)

    def test_scales_have_their_range(self, name) -> None:
        ranges = {
            "pain": "0 (none) to 10",
            "mds_updrs_gait": "0 to 4",
            "clinical_frailty_scale": "1 to 9",
            "mds_updrs_freezing": "0 to 4",
            "hoehn_yahr": "0 to 5",
        }
        for entry in load_protocol(name).entries:
            if entry.name in ranges:
                assert entry.kind == "number"
                assert entry.hint.startswith(ranges[entry.name])


def test_words_that_yaml_takes_for_truth_values_must_be_quoted() -> None:
    """A bare ``on`` would become a truth value; the loader refuses it instead of guessing."""
    from importlib.resources import files

    text = files("clinigait.protocols").joinpath("timed_up_and_go.yaml").read_text("utf-8")
    assert '"on"' in text
    with pytest.raises(BadInputError, match="entries"):
        parse_protocol(text.replace('"on"', "on").encode(), "mine.yaml")


def test_the_definitions_of_the_tasks_are_whole() -> None:
    names = [definition.name for definition in TASK_DEFINITIONS]
    assert len(set(names)) == len(names)
    for definition in TASK_DEFINITIONS:
        assert definition.group == "task"
        assert definition.definition.endswith(".")
        assert "doi" in definition.source
        ending = {"s": "_s", "m/s": "_mps", "deg": "_deg", "deg/s": "_degps", "steps": "_steps"}
        assert definition.name.endswith(ending[definition.unit])


# -------------------------------------------------------------- a walk of every kind is measured
def _on_a_treadmill(walk: Walk) -> Walk:
    """Take the way out of a walk through the picture."""
    hips = [walk.layout.index("hip", side) for side in ("left", "right")]
    points = walk.keypoints.copy()
    points[..., 0] += 960 - points[:, hips, 0].mean(axis=1)[:, None]
    return replace(walk, keypoints=points)


def _walk_for(name: str) -> Walk:
    return {
        "walk_frontal": lambda: filmed(course_script(7.0), FRONT),
        "walk_spatial": lambda: walk_in_space(course_script(7.0, passes=2)),
        "parkinson": lambda: walk_in_space(course_script(7.0, passes=2)),
        "walk_treadmill": lambda: _on_a_treadmill(
            synthetic_walk(Gait(duration_s=32.0, noise_px=1.0))
        ),
        "walk_4m": lambda: filmed(course_script(6.0, wait_s=1.5), Camera((3.0, -6.0))),
        "walk_10m": lambda: filmed(course_script(13.0), Camera((6.5, -11.0))),
        "timed_up_and_go": lambda: filmed(tug_script(), Camera((1.6, -5.5))),
        "dual_task": lambda: filmed(course_script(8.0, passes=2), Camera((4.0, -7.5))),
    }[name]()


#: Warned of in the synthetic films: nobody measured the background.
_USUAL_WARNINGS = {"camera_moves"}


#: The figure's trunk glides, it does not tremble, and its films hold few strides.
_NEED_MORE_THAN_A_FIGURE = {
    "harmonic_ratio_forward",
    "harmonic_ratio_lateral",
    "harmonic_ratio_vertical",
    "stride_time_robust_cv_pct",
    "trembling_ratio",
}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_walk_of_its_kind_is_measured(name) -> None:
    protocol = load_protocol(name)
    measurement = measure(_walk_for(name), protocol)
    warned = {check.code for check in measurement.quality if check.grade is Grade.WARNING}
    assert warned - _USUAL_WARNINGS <= {"too_few_strides", "too_few_strides_of_a_side"}
    assert {p.name for p in measurement.parameters} == set(protocol.parameters)
    absent = {p.name: p.reason for p in measurement.parameters if p.value is None}
    assert set(absent) <= _NEED_MORE_THAN_A_FIGURE
    for parameter in measurement.parameters:
        assert parameter.definition
        if parameter.value is None:
            assert parameter.reason
            continue
        assert parameter.low <= parameter.value <= parameter.high


@pytest.mark.parametrize("name", ["walk_4m", "walk_10m", "timed_up_and_go"])
def test_another_walk_says_what_is_missing(name) -> None:
    walk = filmed(course_script(3.5), Camera((1.7, -5.0)))
    measurement = measure(walk, replace(load_protocol(name), limits={}))
    outcome = measurement.parameter("tug_time_s" if "go" in name else "course_time_s")
    assert outcome.value is None
    assert [c.code for c in measurement.quality].count("task_not_seen") == 1
