"""Calibration files: what they say, and every way in which they can be wrong."""

import json
from pathlib import Path

import pytest

from clinigait.core import BadInputError, Intrinsics
from clinigait.io.calibration import Calibration, read_calibration
from support.rgbd import CAMERA, calibration, camera_block

_DEPTH = {"depth": camera_block(CAMERA)}
_PLACE = {"depth_to_colour": {"translation_m": [0.015, 0, 0]}}


def _read(tmp_path: Path, content: object) -> Calibration:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(content))
    return read_calibration(path)


def test_all_that_can_be_said(tmp_path) -> None:
    lens = [-0.1, 0.02, 0.001, 0, 0]
    block = camera_block(CAMERA) | {"distortion": lens}
    more = _DEPTH | _PLACE | {"depth_unit_mm": 0.25, "rate_hz": 15}
    found = _read(tmp_path, calibration() | more | {"colour": block})
    assert found.colour == Intrinsics(
        CAMERA.size_px, CAMERA.fx_px, CAMERA.fy_px, CAMERA.cx_px, CAMERA.cy_px, tuple(lens)
    )
    assert not found.colour.assumed
    assert found.depth == CAMERA
    assert found.depth_to_colour.translation_m == (0.015, 0, 0)
    assert (found.depth_unit_mm, found.rate_hz) == (0.25, 15)


def test_a_rate_alone_is_enough(tmp_path) -> None:
    found = _read(tmp_path, {"schema": "clinigait-rgbd-1", "rate_hz": 30})
    assert found == Calibration(rate_hz=30)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "other"}, "schema"),
        ({"colours": {}}, "colours"),
        ({"rate_hz": 0}, "rate_hz"),
        ({"rate_hz": "soon"}, "rate_hz"),
        ({"rate_hz": True}, "rate_hz"),
        ({"depth_unit_mm": True}, "depth_unit_mm"),
        ({"depth_unit_mm": 1000}, "depth_unit_mm"),
        (_DEPTH, "go together"),
        (_PLACE, "go together"),
        (_DEPTH | _PLACE | {"colour": None}, "without the camera of the colour"),
        (_DEPTH | {"depth_to_colour": {"translation_m": [15, 0, 0]}}, "metre"),
        (
            _DEPTH
            | {
                "depth_to_colour": {
                    "translation_m": [0, 0, 0],
                    "rotation": [[1, 0, 0], [0, 1, 0], [0, 1, 0]],
                }
            },
            "right angles",
        ),
        ({"colour": camera_block(CAMERA) | {"fx_px": 4.3}}, "focal"),
        ({"colour": camera_block(CAMERA) | {"cx_px": 9000}}, "line of sight"),
        ({"colour": camera_block(CAMERA) | {"width_px": 0}}, "width_px"),
        ({"colour": camera_block(CAMERA) | {"distortion": [1, 2]}}, "distortion"),
        ({"colour": camera_block(CAMERA) | {"distortion": [True, 0, 0, 0, 0]}}, "distortion"),
        ({"colour": camera_block(CAMERA) | {"distortion": [1, 0, 0, 0, 0]}}, "no lens"),
        ({"colour": camera_block(CAMERA) | {"distortion": [-50, 0, 0, 0, 0]}}, "no lens"),
        ({"colour": camera_block(CAMERA) | {"distortion": [1e300] * 5}}, "no lens"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, change, said) -> None:
    with pytest.raises(BadInputError, match=said) as caught:
        _read(tmp_path, calibration() | change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "lens",
    [
        (0.2624, -0.9531, -0.0054, 0.0026, 1.1633),
        (0.09, -0.27, 0, 0, 0.09),
        (-0.35, 0.12, 0, 0, 0),
    ],
)
def test_lenses_that_occur_are_taken(tmp_path, lens) -> None:
    camera = {"width_px": 640, "height_px": 480, "fx_px": 517.3, "fy_px": 516.5,
              "cx_px": 318.6, "cy_px": 255.3, "distortion": lens}  # fmt: skip
    assert _read(tmp_path, calibration() | {"colour": camera}).colour.distortion == lens


@pytest.mark.parametrize("text", ["", "[1, 2", "[]", "null", '{"schema": NaN}', "[" * 5000])
def test_what_is_no_table_is_refused(tmp_path, text) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(BadInputError):
        read_calibration(path)
