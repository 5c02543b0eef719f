"""Several people in one film: nobody is measured who is a mixture, and no face is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clinigait.core import RefusedError, Subject, Walk, WalkerRule
from clinigait.io.video import open_recording
from clinigait.perception.blur import HEAD_POINTS
from clinigait.perception.detection import EfficientDetLite2
from clinigait.perception.faces import FaceBlur
from clinigait.perception.follow import follow
from clinigait.perception.pose import BlazePose
from clinigait.perception.survey import Survey, choose_walker, survey
from clinigait.perception.weights import DETECTOR, POSES
from clinigait.pipeline import Request, assess
from support import films

RULE = WalkerRule(min_duration_s=1.0, min_travel_heights=1.0, min_steadiness=0.6)
HALF_SIZE = (884, 497)
CROWD_FILM = Path(
    os.environ.get("CLINIGAIT_CROWD_FILM", "/usr/share/doc/opencv-doc/examples/data/vtest.avi")
)
pytestmark = pytest.mark.slow


@dataclass(frozen=True, eq=False)
class Seen:
    """A film that was looked through, and the walk of the person chosen."""

    found: Survey
    walk: Walk


def _survey(path: Path, weights: dict[str, Path]) -> Survey:
    detector = EfficientDetLite2(weights[DETECTOR], 2)
    return survey(open_recording(path), detector, RULE, lambda _: None)


def _follow(found: Survey, number: int, weights: dict[str, Path]) -> Walk:
    name = POSES["blazepose"]
    pose = BlazePose(weights[name], name, 2)
    return follow(found, number, pose, Subject(), lambda _: None)[0]


def _seen(film: list, path: Path, weights: dict[str, Path]) -> Seen:
    found = _survey(films.write_film(path, film), weights)
    return Seen(found, _follow(found, choose_walker(found, None), weights))


@pytest.fixture(scope="module")
def alone(demo_clip: Path, weights, tmp_path_factory) -> Seen:
    """Return the clip at half size as it is: the truth for what is made of it."""
    return _seen(films.changed(demo_clip), tmp_path_factory.mktemp("alone") / "a.mp4", weights)


@pytest.fixture(scope="module")
def masks(alone: Seen) -> dict[float, NDArray[np.bool_]]:
    silhouettes = alone.walk.silhouettes
    return {
        float(time_s): cv2.warpAffine(
            silhouettes.mask(i).astype(np.uint8),
            cv2.invertAffineTransform(silhouettes.affine[i]),
            HALF_SIZE,
        )
        > 0
        for i, time_s in enumerate(alone.walk.time_s)
    }


def _hips(walk: Walk) -> NDArray[np.float64]:
    points = [walk.layout.index("hip", side) for side in ("left", "right")]
    return np.nanmean(walk.keypoints[:, points], axis=1)


@pytest.mark.parametrize("in_front", [False, True], ids=["behind", "in front"])
@pytest.mark.parametrize("alike", [False, True], ids=["dressed otherwise", "dressed alike"])
@pytest.mark.parametrize("shift_px", [45, 75, 130])
def test_a_helper_who_walks_beside_is_never_mixed_in(
    shift_px: int, alike: bool, in_front: bool, alone, masks, demo_clip, weights, tmp_path
) -> None:
    """The hips of whoever is measured are always the walker's, or always the helper's."""
    film = films.accompanied_film(
        demo_clip, masks, 9, shift_px - 28, alike=alike, in_front=in_front
    )
    found = _survey(films.write_film(tmp_path / "film.mp4", film), weights)
    try:
        number = choose_walker(found, None)
    except RefusedError as error:
        assert error.refused.code == "identity_uncertain"
        return
    walk = _follow(found, number, weights)
    truth = np.column_stack(
        [np.interp(walk.time_s, alone.walk.time_s, side) for side in _hips(alone.walk).T]
    )
    helper = np.column_stack(
        [np.interp(walk.time_s - 0.3, alone.walk.time_s, side) for side in _hips(alone.walk).T]
    ) + [shift_px - 28, 0]
    believed = np.isfinite(_hips(walk)[:, 0])
    to_walker = np.linalg.norm(_hips(walk) - truth, axis=1)[believed]
    to_helper = np.linalg.norm(_hips(walk) - helper, axis=1)[believed]
    share = float((to_walker < to_helper).mean()) if believed.any() else 0.0
    assert min(share, 1 - share) < 0.03
