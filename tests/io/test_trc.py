"""TRC files of several programs come in; what goes out comes back the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BLAZEPOSE_33, BadInputError, Space
from clinigait.core.layout import HALPE_26, MARKERS_22
from clinigait.io.trc import read_trc, write_trc
from support.harm import damaged, reads_or_refuses
from support.walker import Gait, synthetic_walk
from support.world_walks import BMC, plug_in_gait, trc_text, with_gaps, world_walk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.trc"


def _edited(path: Path, old: str, new: str) -> Path:
    text = trc_text(*plug_in_gait(world_walk()))
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize("layout", [MARKERS_22, HALPE_26, BLAZEPOSE_33], ids=lambda one: one.name)
def test_round_trip_in_the_world(layout, path: Path) -> None:
    walk = with_gaps(world_walk(layout))
    write_trc(walk, path)
    back = read_trc(path)
    assert (back.layout, back.space) == (layout, Space.WORLD_M)
    np.testing.assert_allclose(back.keypoints, walk.keypoints, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(back.time_s, walk.time_s, atol=1e-9)
    np.testing.assert_array_equal(back.confidence, walk.confidence)
    assert back.provenance == {"source format": "TRC", "file": "walk.trc"}


def test_a_camera_walk_comes_back_upright(path: Path) -> None:
    world = world_walk()
    camera = replace(
        world,
        keypoints=np.stack([world.keypoints[:, :, 0], -world.keypoints[:, :, 2],
                            world.keypoints[:, :, 1]], axis=2),
        space=Space.CAMERA_M,
    )  # fmt: skip
    write_trc(camera, path)
    np.testing.assert_allclose(read_trc(path).keypoints, world.keypoints, atol=1e-9)


def test_round_trip_in_the_picture_keeps_uneven_times(path: Path) -> None:
    walk = synthetic_walk(Gait(duration_s=1, rate_hz=30, noise_px=1))
    uneven = replace(walk, time_s=walk.time_s + 0.004 * np.sin(np.arange(len(walk))))
    write_trc(uneven, path)
    back = read_trc(path)
    assert (back.layout, back.space) == (BLAZEPOSE_33, Space.IMAGE_PX)
    np.testing.assert_allclose(back.keypoints, walk.keypoints, rtol=1e-7)
    np.testing.assert_allclose(back.time_s, uneven.time_s, atol=1e-8)


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1000), ("cm", 100), ("m", 1), ("MM ", 1000)])
def test_units(unit: str, factor: float, path: Path) -> None:
    labels, positions = plug_in_gait(world_walk())
    path.write_text(trc_text(labels, positions * factor, unit=unit))
    walk = read_trc(path)
    knee = walk.keypoints[:, walk.layout.index("knee", "left")]
    np.testing.assert_allclose(knee, positions[:, labels.index("LKNE")], atol=1e-5)


def test_a_wrong_unit_in_the_header_can_be_corrected(path: Path) -> None:
    labels, positions = plug_in_gait(world_walk())
    path.write_text(trc_text(labels, positions * 1000, unit="m"))
    with pytest.raises(BadInputError, match="--unit"):
        read_trc(path)
    assert read_trc(path, unit="mm").layout is MARKERS_22


@pytest.mark.parametrize("blank", ["", "nan", "NaN", "0.000000", "inf"])
def test_missing_values(blank: str, path: Path) -> None:
    labels, positions = plug_in_gait(world_walk())
    lines = trc_text(labels, positions).split("\n")
    cells = lines[5 + 7].split("\t")
    column = 2 + 3 * labels.index("RHEE")
    cells[column : column + 3] = [blank] * 3
    lines[5 + 7] = "\t".join(cells)
    path.write_text("\n".join(lines))
    walk = read_trc(path)
    heel = walk.layout.index("heel", "right")
    assert np.isnan(walk.keypoints[7, heel]).all()
    assert walk.confidence[7, heel] == 0
    assert np.isfinite(walk.keypoints[6, heel]).all()


def test_cortex_dialect(path: Path) -> None:
    """Windows line ends, an empty line after the header, trailing tabs, a name in Latin-1."""
    lines = trc_text(*plug_in_gait(world_walk())).split("\n")
    lines[0] = "PathFileType\t4\t(X/Y/Z)\tC:\\João\\walk.trc"
    lines = [line + "\t" for line in lines[:5]] + ["\t"] + [line + "\t" for line in lines[5:-1]]
    path.write_bytes("\r\n".join([*lines, ""]).encode("latin-1"))
    plain = path.with_name("plain.trc")
    plain.write_text(trc_text(*plug_in_gait(world_walk())))
    np.testing.assert_array_equal(read_trc(path).keypoints, read_trc(plain).keypoints)


def test_times_rounded_to_milliseconds_are_taken_from_the_rate(path: Path) -> None:
    labels, positions = plug_in_gait(world_walk(rate_hz=150))
    lines = trc_text(labels, positions, rate_hz=150).split("\n")
    lines[5:-1] = [
        "\t".join([c[0], f"{float(c[1]):.3f}", *c[2:]])
        for c in (line.split("\t") for line in lines[5:-1])
    ]
    path.write_text("\n".join(lines))
    np.testing.assert_allclose(np.diff(read_trc(path).time_s), 1 / 150, rtol=1e-9)


def test_a_cut_trial_keeps_its_times(path: Path) -> None:
    labels, positions = plug_in_gait(world_walk())
    lines = trc_text(labels, positions).split("\n")
    lines[5:-1] = [
        "\t".join([str(int(c[0]) + 200), f"{float(c[1]) + 2:.6f}", *c[2:]])
        for c in (line.split("\t") for line in lines[5:-1])
    ]
    path.write_text("\n".join(lines))
    walk = read_trc(path)
    assert walk.time_s[0] == pytest.approx(2)
    assert walk.duration_s == pytest.approx((len(positions) - 1) / 100)


def test_a_frame_written_twice_counts_once(path: Path) -> None:
    lines = trc_text(*plug_in_gait(world_walk())).split("\n")
    path.write_text("\n".join([*lines[:9], lines[8], *lines[9:]]))
    once = path.with_name("once.trc")
    once.write_text("\n".join(lines))
    np.testing.assert_allclose(read_trc(path).keypoints, read_trc(once).keypoints)


def test_rate_given(path: Path) -> None:
    path.write_text(trc_text(*plug_in_gait(world_walk())))
    np.testing.assert_allclose(np.diff(read_trc(path, rate_hz=50).time_s), 0.02)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PathFileType", "Something", "not a TRC"),
        ("\t100\t12\tm", "\t200\t12\tm", "cut short"),
        ("\t100\t12\tm", "\tmany\t12\tm", "header"),
        ("\t100\t12\tm", "\t100\t99999999999\tm", "announces 99999999999 markers"),
        ("\t100\t12\tm", "\t100\t12\tfurlong", "furlong"),
        ("LASI", "", "announces"),
        ("100.0\t100.0\t", "60.0\t60.0\t", "says 60 Hz"),
        ("\n20\t0.190000", "\n20\t0.090000", "do not increase"),
        ("\n20\t0.190000", "\n20\t", "without a time"),
        ("\n20\t0.190000\t", "\n20\t0.190000\tabc\t", "columns"),
        ("\n20\t0.190000", "\n20", "columns"),
        ("\n20\t0.190000", "\nabc\t0.190000", "text where numbers"),
    ],
)
def test_broken_files(old: str, new: str, message: str, path: Path) -> None:
    with pytest.raises(BadInputError, match=message):
        read_trc(_edited(path, old, new))


def test_nothing_but_missing_values(path: Path) -> None:
    labels, positions = plug_in_gait(world_walk())
    path.write_text(trc_text(labels, np.full_like(positions, np.nan)))
    with pytest.raises(BadInputError, match="no position"):
        read_trc(path)


@pytest.mark.parametrize("n_frames", [0, 1])
def test_no_walk_in_one_frame(n_frames: int, path: Path) -> None:
    labels, positions = plug_in_gait(world_walk())
    path.write_text(trc_text(labels, positions[:n_frames]))
    with pytest.raises(BadInputError, match=f"{n_frames} frame"):
        read_trc(path)


def test_what_cannot_be_written_leaves_nothing(path: Path, tmp_path: Path) -> None:
    walk = world_walk()
    with pytest.raises(BadInputError):
        write_trc(walk, tmp_path / "no folder" / "walk.trc")
    with pytest.raises(BadInputError, match="two frames"):
        write_trc(replace(walk, time_s=walk.time_s[:1], keypoints=walk.keypoints[:1],
                          confidence=walk.confidence[:1]), path)  # fmt: skip
    assert list(tmp_path.iterdir()) == []


_VALID = trc_text(*plug_in_gait(world_walk(duration_s=0.1))).encode()


@given(content=st.one_of(st.binary(max_size=2000), damaged(_VALID)))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.trc"
    path.write_bytes(content)
    reads_or_refuses(read_trc, path)


@pytest.mark.skipif(not BMC.is_dir(), reason="the motion capture walks are not here")
@pytest.mark.parametrize(
    ("name", "n_frames", "exchanged"), [("walk1", 364, True), ("walk2", 251, False)]
)
def test_real_walks(name: str, n_frames: int, exchanged: bool, path: Path) -> None:
    walk = read_trc(BMC / f"{name}.trc")
    assert len(walk) == n_frames
    assert walk.duration_s == pytest.approx((n_frames - 1) / 150)
    assert ("axes" in walk.provenance) == exchanged

    def at(point: str) -> np.ndarray:
        return walk.keypoints[:, walk.layout.index(point)]

    assert 0.8 < np.median(at("pelvis")[:, 2]) < 1.1
    for side in ("left", "right"):
        assert np.percentile(at(f"{side}_heel")[:, 2], 5) < 0.07
        thigh = np.linalg.norm(at(f"{side}_hip") - at(f"{side}_knee"), axis=1)
        shank = np.linalg.norm(at(f"{side}_knee") - at(f"{side}_ankle"), axis=1)
        assert thigh.std() / thigh.mean() < 0.05  # joint centres of one bone keep their distance
        assert shank.std() / shank.mean() < 0.05
        assert 0.35 < thigh.mean() < 0.5
        assert 0.35 < shank.mean() < 0.5
    way = (at("pelvis")[-1] - at("pelvis")[0])[:2]
    across = np.median(at("left_hip") - at("right_hip"), axis=0)[:2]
    assert way[0] * across[1] - way[1] * across[0] > 0  # left lies to the left of the way
    write_trc(walk, path)
    np.testing.assert_allclose(read_trc(path).keypoints, walk.keypoints, atol=1e-8)


def test_a_name_that_is_no_text_is_written(tmp_path: Path) -> None:
    path = tmp_path / "w\udcffalk.trc"
    write_trc(world_walk(), path)
    assert len(read_trc(path)) == len(world_walk())
