"""Ankles against a motion suit: what is compared, and what is said where nothing was found."""

import csv
import json

import numpy as np
import pytest

from clinigait.core import SIDES, BadInputError, Intrinsics, Recording
from clinigait.datasets.feet_rgbd import SuitFilm
from clinigait.training.validate import written
from clinigait.training.validate_feet import FoundAnkles, compared, validate_feet
from support.rgbd import FEET_RGBD

_CAMERA = Intrinsics((640, 480), 500.0, 500.0, 319.5, 239.5, assumed=True, source="assumed")
_N = 30


def _film() -> SuitFilm:
    places = {
        "left": np.column_stack([np.full(_N, 400.0), np.linspace(200, 300, _N)]),
        "right": np.column_stack([np.full(_N, 300.0), np.linspace(300, 200, _N)]),
    }
    recording = Recording(
        path=None, sha256="", width_px=640, height_px=480, native_width_px=640,
        native_height_px=480, rotation_deg=0, mirrored=False, codec="", source=None,
        camera=_CAMERA, has_depth=True,
    )  # fmt: skip
    return SuitFilm(recording, places)


def _found(film: SuitFilm, shift: tuple[float, float] = (0.0, 0.0), lost: int = 0) -> FoundAnkles:
    places = {side: film.ankles_px[side] + shift for side in SIDES}
    z_m = {side: np.where(np.arange(_N) < lost, np.nan, 1.25) for side in SIDES}
    return FoundAnkles(places, z_m)


def test_a_known_shift_gives_known_errors(tmp_path) -> None:
    film = _film()
    result = compared(film, _found(film, (3.0, 4.0), lost=2), _CAMERA)
    more = result.more
    assert more["frames_found"] == _N - 2
    assert more["camera_assumed"]
    assert more["ankle_error_px_median"] == pytest.approx(5.0)
    assert more["ankle_error_px_median_ci95"] == pytest.approx([5.0, 5.0])
    assert more["ankle_error_m_median"] == pytest.approx(5.0 * 1.25 / 500)
    assert more["ankle_error_shifted_px_median"] == pytest.approx(0.0, abs=1e-9)
    assert more["shift_px"] == pytest.approx([3.0, 4.0])
    assert more["sides_exchanged_pct"] == 0
    assert result.agreements["ankle_across_m", "left"].bias.value == pytest.approx(0.0075)
    assert result.agreements["ankles_apart_px", "both"].mae.value == pytest.approx(0.0)
    assert result.refusals == {"frame 00": "not_found", "frame 01": "not_found"}
    written(result, tmp_path / "out")
    with (tmp_path / "out" / "agreement.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * _N
    assert rows[0]["value"] == ""
    assert rows[0]["reason"]
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["frames"] == _N


def test_exchanged_sides_are_counted() -> None:
    film = _film()
    found = _found(film)
    turned = FoundAnkles(
        {"left": found.places_px["right"], "right": found.places_px["left"]}, found.z_m
    )
    assert compared(film, turned, _CAMERA).more["sides_exchanged_pct"] == 100


def test_nothing_found_is_an_outcome(tmp_path) -> None:
    film = _film()
    result = written(compared(film, _found(film, lost=_N), _CAMERA), tmp_path / "out")
    assert (result.walks, result.assessed) == (_N, 0)
    assert "ankle_error_px_median" not in result.more


def test_another_folder_is_refused(tmp_path) -> None:
    with pytest.raises(BadInputError, match="not the feet data set"):
        validate_feet(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(not FEET_RGBD.is_dir(), reason="the feet data set is not here")
def test_most_ankles_of_the_published_frames_are_found(weights, tmp_path) -> None:
    more = validate_feet(FEET_RGBD, tmp_path / "out").more
    assert more["frames_found"] >= 50
    assert more["ankle_error_px_median"] < 45
    assert more["sides_exchanged_pct"] < 15
