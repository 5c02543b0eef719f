"""Timed up and go: a figure whose phases are known, seen in space and from the side."""

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, Depth, Parameter, Walk
from clinigait.gait.filtering import evened
from clinigait.gait.scene import scene_of
from clinigait.gait.task_catalogue import TASK_DEFINITIONS
from clinigait.gait.tasks import TASK_PARAMETERS, task_checks, task_parameters
from clinigait.gait.timed_up_and_go import tug_parameters
from clinigait.gait.walked import walked_bouts
from support.tug import (
    FRONT,
    Camera,
    Script,
    TugTimes,
    course_script,
    filmed,
    tug_script,
    walk_in_space,
)

PHASES = ("rise", "walk_out", "turn", "walk_back", "sit")
PEOPLE = {
    "usual": TugTimes(),
    "quick": TugTimes(rise_s=0.7, speed_mps=1.5, turn_s=1.2, sit_s=0.9),
    "slow": TugTimes(rise_s=2.0, speed_mps=0.6, turn_s=3.0, sit_s=2.0),
}


def _found(walk: Walk) -> dict[str, Parameter]:
    scene = scene_of(walk, evened(walk), None, "overground")
    return tug_parameters(walked_bouts(scene, steady=True))


def _moments_s(script: Script, times: TugTimes) -> list[float]:
    """The bounds of the phases by the definitions."""
    (turn_s, back_s), (sit_s, _) = script.turns_s()
    up_s = script.passes_s(0.9, 0.0, rising=True)
    return [times.wait_s, up_s, turn_s, back_s, sit_s, script.passes_s(0.1, sit_s, rising=False)]


def _truth(script: Script, times: TugTimes) -> dict[str, float]:
    moments = _moments_s(script, times)
    phases = dict(zip(PHASES, np.diff(moments).tolist(), strict=True))
    return {"time": moments[-1] - moments[0], **phases}


def _seen(script: Script, how: str) -> Walk:
    return {
        "space": lambda: walk_in_space(script),
        "noisy space": lambda: walk_in_space(script, noise_m=0.01),
        "picture": lambda: filmed(script),
        "noisy picture": lambda: filmed(script, Camera(noise_px=2.0, seed=2)),
        "without feet": lambda: filmed(script, Camera(noise_px=1.0), layout=COCO_17),
        "from the other side": lambda: filmed(script, Camera((1.6, 6.0), looks_deg=-90.0)),
    }[how]()


@pytest.mark.parametrize("how", ["space", "noisy space", "picture", "noisy picture"])
@pytest.mark.parametrize("who", PEOPLE)
def test_known_phases_come_back(who, how) -> None:
    script = tug_script(PEOPLE[who])
    found = _found(_seen(script, how))
    for name, truth_s in _truth(script, PEOPLE[who]).items():
        parameter = found[f"tug_{name}_s"]
        assert parameter.value == pytest.approx(truth_s, abs=0.15), name
        assert parameter.low <= truth_s <= parameter.high
        assert parameter.unit == "s"


@pytest.mark.parametrize("how", ["without feet", "from the other side"])
def test_other_layouts_and_sides_do_as_well(how) -> None:
    script = tug_script()
    found = _found(_seen(script, how))
    for name, truth_s in _truth(script, TugTimes()).items():
        assert found[f"tug_{name}_s"].value == pytest.approx(truth_s, abs=0.15), name


def test_noise_at_30_frames_stays_within_the_interval() -> None:
    script = tug_script()
    for seed in range(4):
        found = _found(filmed(script, Camera(noise_px=3.0, rate_hz=30.0, seed=seed)))
        for name, truth_s in _truth(script, TugTimes()).items():
            assert found[f"tug_{name}_s"].low <= truth_s <= found[f"tug_{name}_s"].high


def test_the_phases_add_up() -> None:
    found = _found(filmed(tug_script()))
    total_s = sum(found[f"tug_{name}_s"].value for name in PHASES)
    assert total_s == pytest.approx(found["tug_time_s"].value)


def test_longer_waiting_changes_nothing() -> None:
    short, long = (_found(walk_in_space(tug_script(TugTimes(wait_s=w)))) for w in (0.8, 4.0))
    for name in short:
        assert long[name].value == pytest.approx(short[name].value, abs=0.05)


def _cut(walk: Walk, start_s: float, end_s: float) -> Walk:
    inside = (walk.time_s >= start_s) & (walk.time_s <= end_s)
    return replace(
        walk,
        time_s=walk.time_s[inside],
        keypoints=walk.keypoints[inside],
        confidence=walk.confidence[inside],
    )


@pytest.mark.parametrize("see", [walk_in_space, filmed])
class TestParts:
    """What a film does not show is absent; what it shows is measured all the same."""

    def _absent(self, walk: Walk) -> dict[str, str]:
        found = _found(walk)
        for name in set(_truth(tug_script(), TugTimes())):
            parameter = found[f"tug_{name}_s"]
            if parameter.value is not None:
                truth_s = _truth(tug_script(), TugTimes())[name]
                assert parameter.value == pytest.approx(truth_s, abs=0.15)
        return {n.split("_", 1)[1][:-2]: p.reason for n, p in found.items() if p.value is None}

    def test_the_person_stands_already(self, see) -> None:
        absent = self._absent(_cut(see(tug_script()), 2.9, 99))
        assert set(absent) == {"time", "rise", "walk_out"}
        assert "while the person sits still" in absent["rise"]

    def test_the_person_rises_already(self, see) -> None:
        absent = self._absent(_cut(see(tug_script()), 1.8, 99))
        assert {"time", "rise"} <= set(absent)
        assert "while the person sits still" in absent["time"]

    def test_the_person_does_not_come_back(self, see) -> None:
        absent = self._absent(_cut(see(tug_script()), 0, 5.9))
        assert set(absent) == {"time", "walk_out", "turn", "walk_back", "sit"}
        assert "turn" in absent["turn"]
        assert "until the person sits still" in absent["sit"]

    def test_the_person_does_not_sit_down(self, see) -> None:
        absent = self._absent(_cut(see(tug_script()), 0, 12.8))
        assert set(absent) == {"time", "walk_back", "sit"}

    def test_the_way_back_alone(self, see) -> None:
        absent = self._absent(_cut(see(tug_script()), 7.9, 99))
        assert set(absent) == {"time", "rise", "walk_out", "turn", "walk_back"}

    def test_nobody_sits(self, see) -> None:
        found = _found(see(course_script(4.0, passes=2)))
        assert found["tug_turn_s"].value == pytest.approx(1.27, abs=0.2)
        assert all(p.value is None for n, p in found.items() if n != "tug_turn_s")


def test_views_that_cannot_show_it() -> None:
    for walk, words in (
        (filmed(course_script(6.0), FRONT), "film from the side"),
        (replace(walk_in_space(course_script(6.0)), depth=Depth.INFERRED), "guessed"),
        (_cut(filmed(course_script(6.0, wait_s=3.0)), 0, 2.8), "no steady walking"),
    ):
        assert all(words in p.reason for p in _found(walk).values())


# --------------------------------------------------------------------------------- all tasks
class TestTasks:
    def _found(self, walk: Walk, protocol) -> tuple[Parameter, ...]:
        scene = scene_of(walk, evened(walk), None, "overground")
        return task_parameters(walked_bouts(scene, steady=True), protocol, None)

    def test_the_protocols_own_are_given_in_its_order_with_definitions(self, protocol) -> None:
        names = ("turn_steps", "tug_time_s", "turn_angle_deg")
        asked = replace(
            protocol, task="timed_up_and_go", parameters=("speed_mps", *names, "cadence_spm")
        )
        found = self._found(walk_in_space(tug_script()), asked)
        assert tuple(p.name for p in found) == names
        assert all(p.value is not None and p.definition for p in found)

    def test_every_defined_one_can_be_asked_for(self, protocol) -> None:
        asked = replace(protocol, task="timed_up_and_go", parameters=tuple(sorted(TASK_PARAMETERS)))
        found = {p.name: p for p in self._found(walk_in_space(tug_script()), asked)}
        assert set(found) == {d.name for d in TASK_DEFINITIONS}
        assert all(found[d.name].unit == d.unit for d in TASK_DEFINITIONS)
        assert {n for n, p in found.items() if p.value is None} == {
            "course_time_s",
            "course_speed_mps",
        }

    def test_another_task_is_no_timed_up_and_go(self, protocol) -> None:
        asked = replace(protocol, parameters=("tug_time_s",))
        (found,) = self._found(walk_in_space(tug_script()), asked)
        assert found.value is None
        assert "no timed up and go" in found.reason

    def test_a_task_that_was_not_seen_warns(self, protocol) -> None:
        asked = replace(
            protocol, task="timed_up_and_go", parameters=("tug_time_s", "turn_duration_s")
        )
        seen = self._found(walk_in_space(tug_script()), asked)
        assert task_checks(seen, asked) == []
        unseen = self._found(walk_in_space(course_script(5.0)), asked)
        (check,) = task_checks(unseen, asked)
        assert check.code == "task_not_seen"
        assert check.remedy
        assert task_checks(unseen, protocol) == []
