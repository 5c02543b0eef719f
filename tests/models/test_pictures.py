"""Who gets pictures: walks that were filmed, for models that look at them, cut once for all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError, Frame, InputSpec, Recording
from clinigait.datasets.study import Sample, Study
from clinigait.models.pictures import cut_for, with_pictures, with_pictures_of
from clinigait.models.task import load_task, task_names
from support import rgbd
from support.walker import Gait

_GAIT = Gait(rate_hz=30, start_x_m=-1.0, duration_s=0.6)


class _Grey:
    def __init__(self, times_s: np.ndarray) -> None:
        self._times_s = times_s

    def frames(self):
        for index, time_s in enumerate(self._times_s):
            yield Frame(index, float(time_s), np.full((480, 848, 3), 90, np.uint8))


def _recording(times_s: np.ndarray) -> Recording:
    return Recording(
        path=Path("walk"), sha256="", width_px=848, height_px=480, native_width_px=848,
        native_height_px=480, rotation_deg=0, mirrored=False, codec="", source=_Grey(times_s),
    )  # fmt: skip


def test_one_cut_serves_all_models_that_look_at_pictures() -> None:
    assert cut_for([InputSpec("silhouettes"), InputSpec("posture")]) is None
    wide = InputSpec("rgbd", {"width_px": 192, "height_px": 64})
    fast = InputSpec("rgbd", {"rate_hz": 15})
    found = cut_for([wide, InputSpec("silhouettes"), fast])
    assert (found.rate_hz, found.height_px, found.width_px) == (15, 128, 192)
    with pytest.raises(BadInputError, match="rate_hz"):
        cut_for([InputSpec("rgbd", {"rate_hz": -1})])


def test_a_walk_in_metres_is_cut_where_the_picture_shows_it() -> None:
    space = rgbd.walker(_GAIT)
    seen = rgbd.pictured(space)
    walk = replace(space, keypoints_px=seen.keypoints, boxes_px=seen.boxes_px)
    found = with_pictures(walk, _recording(walk.time_s), cut_for([InputSpec("rgbd")]), lambda _: 0)
    assert found.pictures is not None
    assert (found.pictures.colour[:, 40:80, 40:56] == 90).all()
    np.testing.assert_array_equal(found.keypoints, walk.keypoints)


def test_a_study_is_read_when_a_walk_is_and_only_pictures_that_are_wanted_are_cut() -> None:
    seen = rgbd.pictured(rgbd.walker(_GAIT))
    opened = []

    def recording() -> Recording:
        opened.append(1)
        return _recording(seen.time_s)

    filmed = Sample("a", "P1", "a", "control", lambda: seen, recording=recording)
    points = Sample("b", "P2", "b", "control", lambda: seen)
    study = Study("s", "s", "l", "synthetic", "o", (filmed, points))
    assert with_pictures_of(study, [InputSpec("silhouettes")]) is study
    found = with_pictures_of(study, [InputSpec("rgbd")])
    assert not opened
    assert found.samples[0].read().pictures is not None
    assert found.samples[1].read().pictures is None


def test_marks_of_severity_are_one_class() -> None:
    assert "parkinson" in task_names()
    task = load_task("parkinson")
    labels = ("control", "severity_0", "severity_3", "parkinsonian", None, "other")
    samples = tuple(
        Sample(str(n), f"P{n}", str(n), label, lambda: None) for n, label in enumerate(labels)
    )
    study = Study("s", "s", "l", "synthetic", "o", samples)
    found = [sample.label for sample in task.named(study).samples]
    assert found == ["control", "parkinsonian", "parkinsonian", "parkinsonian", None, "other"]
    assert set(task.synonyms.values()) <= set(task.classes)
    with pytest.raises(BadInputError, match="other"):
        task.check_label("other", "5")
    frailty = load_task("frailty")
    assert frailty.named(study) is study


def test_every_group_of_the_virtual_clinic_is_a_class() -> None:
    from clinigait.synthesis.population import load_population

    task = load_task("parkinson")
    labels = {group.label for group in load_population("parkinson_population").groups}
    assert labels <= {*task.classes, *task.synonyms}
