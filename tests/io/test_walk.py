"""A stored walk comes back as it was; a file that is not one is refused in a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError, Silhouettes, Space, Subject, WalkEmbedding
from clinigait.io.walk import read_walk, write_walk
from support.walker import Gait, synthetic_space_walk, synthetic_walk


def test_round_trip(tmp_path: Path) -> None:
    plain = synthetic_walk(Gait(duration_s=2, rate_hz=30))
    masks = np.random.default_rng(0).random((len(plain), 8, 12)) > 0.5
    walk = replace(
        plain,
        boxes_px=np.zeros((len(plain), 4)),
        body_yaw_deg=np.full(len(plain), np.nan),
        silhouettes=Silhouettes(
            np.stack([Silhouettes.pack(m) for m in masks]), 12, np.zeros((len(plain), 2, 3))
        ),
        subject=Subject(code="Ж-17", height_m=1.7, sex="female"),
        provenance={"person": "1"},
    )
    write_walk(walk, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz")
    np.testing.assert_array_equal(back.time_s, walk.time_s)
    np.testing.assert_allclose(back.keypoints, walk.keypoints, rtol=1e-6)
    assert back.subject == walk.subject
    assert (back.layout, back.space) == (walk.layout, walk.space)
    assert (back.silhouettes.mask(7) == masks[7]).all()


@pytest.fixture
def masked():
    walk = synthetic_walk(Gait(duration_s=0.2, rate_hz=30))
    rng = np.random.default_rng(0)
    bits, aid = (rng.integers(0, 256, (len(walk), 8, 2)).astype(np.uint8) for _ in range(2))
    return replace(walk, silhouettes=Silhouettes(bits, 12, np.ones((len(walk), 2, 3)), aid))


def test_walking_aids_come_back_and_their_absence_too(masked, tmp_path: Path) -> None:
    write_walk(masked, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz").silhouettes
    np.testing.assert_array_equal(back.aid_bits, masked.silhouettes.aid_bits)
    unseen = replace(masked, silhouettes=replace(masked.silhouettes, aid_bits=None))
    write_walk(unseen, tmp_path / "walk.npz")
    assert read_walk(tmp_path / "walk.npz").silhouettes.aid_bits is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("silhouette_bits", np.zeros((6, 8, 2))),
        ("silhouette_bits", np.zeros((6, 8, 3), np.uint8)),
        ("silhouette_aid_bits", np.zeros((6, 8, 2))),
        ("silhouette_aid_bits", np.zeros((6, 7, 2), np.uint8)),
        ("silhouette_affine", np.zeros((6, 3, 3))),
        ("silhouette_affine", np.array(["x"])),
    ],
)
def test_silhouettes_of_another_shape_or_kind(masked, name, content, tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    write_walk(masked, path)
    stored = dict(np.load(path))
    np.savez(path, **{**stored, name: content})
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(path)


def test_a_walk_lifted_by_depth_keeps_its_picture_and_its_spread(tmp_path: Path) -> None:
    plain = synthetic_space_walk(Gait(duration_s=1, rate_hz=30), space=Space.CAMERA_M)
    walk = replace(
        plain,
        keypoints_px=plain.keypoints[..., :2] * 100,
        spread_m=np.full(plain.confidence.shape, 0.03),
        scale_uncertainty=0.12,
    )
    write_walk(walk, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz")
    np.testing.assert_allclose(back.keypoints_px, walk.keypoints_px, rtol=1e-6)
    np.testing.assert_allclose(back.spread_m, walk.spread_m, rtol=1e-6)
    assert back.scale_uncertainty == 0.12
    write_walk(plain, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz")
    assert (back.keypoints_px, back.spread_m, back.scale_uncertainty) == (None, None, None)


@pytest.mark.parametrize(
    "change", [{"keypoints_px": (3, 2)}, {"spread_m": (2,)}, {"scale_uncertainty": "much"}]
)
def test_extras_of_another_shape_are_refused(tmp_path: Path, change: dict) -> None:
    walk = synthetic_space_walk(Gait(duration_s=1, rate_hz=30))
    write_walk(walk, tmp_path / "walk.npz")
    with np.load(tmp_path / "walk.npz") as stored:
        arrays = dict(stored)
    ((name, value),) = change.items()
    if isinstance(value, str):
        about = json.loads(str(arrays["about"])) | {name: value}
        arrays["about"] = np.array(json.dumps(about))
    else:
        arrays[name] = np.zeros((len(walk), *value))
    np.savez(tmp_path / "walk.npz", **arrays)
    with pytest.raises(BadInputError):
        read_walk(tmp_path / "walk.npz")


def test_a_walk_without_extras(tmp_path: Path) -> None:
    walk = synthetic_walk(Gait(duration_s=1, rate_hz=30))
    write_walk(walk, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz")
    assert back.silhouettes is None
    assert back.boxes_px is None


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + b"\0" * 60])
def test_something_else(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"not a walk|is empty"):
        read_walk(path)


def test_pickled_arrays_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    np.savez(path, about=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BadInputError):
        read_walk(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        read_walk(tmp_path / "none.npz")


def test_points_without_a_place_or_a_confidence_go_missing(tmp_path: Path) -> None:
    walk = synthetic_walk(Gait(duration_s=1, rate_hz=30))
    walk.keypoints[3, 2, 0] = np.inf
    walk.confidence[4, 5], walk.confidence[6, 7] = np.nan, 5.0
    write_walk(walk, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz")
    assert np.isnan(back.keypoints[3, 2]).all()
    assert np.isnan(back.keypoints[4, 5]).all()
    assert (back.confidence[3, 2], back.confidence[4, 5], back.confidence[6, 7]) == (0, 0, 1)


@pytest.mark.parametrize(
    "told",
    [
        {"subject": {"height_m": "1.7"}},
        {"subject": {"code": 5}},
        {"subject": {"sex": "x"}},
        {"provenance": 5},
        {"image_size_px": [1_000_000_000, 1_000_000_000]},
        {"image_size_px": [0, 0]},
    ],
    ids=str,
)
def test_facts_of_the_wrong_kind(told: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    write_walk(synthetic_walk(Gait(duration_s=1, rate_hz=30)), path)
    stored = dict(np.load(path))
    about = json.loads(str(stored["about"])) | told
    np.savez(path, **{**stored, "about": np.array(json.dumps(about))})
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(path)


@pytest.mark.parametrize("name", ["boxes_px", "confidence", "keypoints"])
def test_arrays_of_another_shape_or_kind(name: str, tmp_path: Path) -> None:
    path = tmp_path / "walk.npz"
    write_walk(synthetic_walk(Gait(duration_s=1, rate_hz=30)), path)
    stored = dict(np.load(path))
    stored[name] = stored["keypoints"].astype(complex) if name == "keypoints" else np.zeros((30, 2))
    np.savez(path, **stored)
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(path)


# ---------------------------------------------------------------- what a network made of it


def _embedding() -> WalkEmbedding:
    rng = np.random.default_rng(5)
    return WalkEmbedding(
        rng.normal(size=16).astype(np.float32), rng.normal(size=(3, 8)).astype(np.float32),
        ("head", "trunk", "feet"), "parkinson_test-0a1b2c3d", "5" * 64,
    )  # fmt: skip


def test_the_embedding_of_a_walk_is_kept_and_not_for_parts_of_it(tmp_path: Path) -> None:
    walk = replace(synthetic_walk(Gait(duration_s=0.2, rate_hz=30)), embedding=_embedding())
    write_walk(walk, tmp_path / "walk.npz")
    back = read_walk(tmp_path / "walk.npz").embedding
    np.testing.assert_array_equal(back.vector, walk.embedding.vector)
    np.testing.assert_array_equal(back.tokens, walk.embedding.tokens)
    assert back.regions == ("head", "trunk", "feet")
    assert (back.card_id, back.weights_sha256) == ("parkinson_test-0a1b2c3d", "5" * 64)
    assert walk.part(slice(0, 3)).embedding is None


@pytest.mark.parametrize("older", ["no embedding", "no word of it"])
def test_files_without_an_embedding_are_read(older: str, tmp_path: Path) -> None:
    write_walk(synthetic_walk(Gait(duration_s=0.2, rate_hz=30)), tmp_path / "walk.npz")
    if older == "no word of it":
        _rewritten(tmp_path / "walk.npz", lambda arrays, about: about.pop("embedding"))
    assert read_walk(tmp_path / "walk.npz").embedding is None


def _rewritten(path: Path, change) -> None:
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    about = json.loads(str(arrays["about"]))
    change(arrays, about)
    np.savez(path, **{**arrays, "about": np.array(json.dumps(about))})


@pytest.mark.parametrize(
    "harm",
    [
        lambda arrays, about: arrays.update(embedding_vector=np.zeros((4, 4))),
        lambda arrays, about: arrays.update(embedding_vector=np.zeros(0)),
        lambda arrays, about: arrays.update(embedding_vector=np.full(16, np.nan)),
        lambda arrays, about: arrays.update(embedding_vector=np.zeros(1_000_001)),
        lambda arrays, about: arrays.update(embedding_vector=np.array(["a"] * 16)),
        lambda arrays, about: arrays.update(embedding_tokens=np.zeros((4, 8))),
        lambda arrays, about: arrays.update(embedding_tokens=np.zeros(8)),
        lambda arrays, about: arrays.pop("embedding_tokens"),
        lambda arrays, about: about.update(embedding=None),
        lambda arrays, about: about["embedding"].update(regions=["head", "head", "feet"]),
        lambda arrays, about: about["embedding"].update(regions=["head", 7, "feet"]),
        lambda arrays, about: about["embedding"].update(card_id="x" * 100_000),
        lambda arrays, about: about["embedding"].update(card_id="a\nb"),
        lambda arrays, about: about["embedding"].update(weights_sha256="../../x"),
        lambda arrays, about: about["embedding"].pop("card_id"),
    ],
)
def test_embeddings_that_cannot_be_are_refused(harm, tmp_path: Path) -> None:
    walk = replace(synthetic_walk(Gait(duration_s=0.2, rate_hz=30)), embedding=_embedding())
    write_walk(walk, tmp_path / "walk.npz")
    _rewritten(tmp_path / "walk.npz", harm)
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(tmp_path / "walk.npz")
