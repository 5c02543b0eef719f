"""The file of body shapes: made once, whole or not at all, and read again as it was."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.synthesis import body_model
from clinigait.synthesis.body_model import PHENOTYPES, BodyModel

exports = pytest.importorskip(
    "clinigait.synthesis.body_export", reason="the module that makes shapes is not importable"
)


def small_model() -> BodyModel:
    """Return shapes of three points and two bones."""
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return BodyModel(
        template_m=numbers(3, 3),
        shapes_m=numbers(2, 3, 3),
        heads_m=numbers(2, 3),
        head_shapes_m=numbers(2, 2, 3),
        mask=np.ones((4, 26), np.float32),
        projection=numbers(4, 2),
        faces=np.array([[0, 1, 2]], np.int32),
        bones=("root", "head"),
        parents=np.array([0, 0], np.int32),
        skin_bones=np.zeros((3, 2), np.int32),
        skin_weights=np.full((3, 2), 0.5, np.float32),
        uv=numbers(1, 3, 2),
        landmarks=("nose",),
        landmark_weights=numbers(1, 3),
    )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINIGAIT_CACHE", str(tmp_path))
    body_model.body_model.cache_clear()
    yield body_model.model_path()
    body_model.body_model.cache_clear()


def test_the_first_call_makes_the_file_and_the_next_reads_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(exports, "exported", lambda: made.append(1) or small_model())
    first = body_model.body_model()
    body_model.body_model.cache_clear()
    again = body_model.body_model()
    assert len(made) == 1
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    for field in dataclasses.fields(BodyModel):
        ours, theirs = getattr(first, field.name), getattr(again, field.name)
        assert ours == theirs if isinstance(ours, tuple) else np.array_equal(ours, theirs)


def test_a_full_disk_leaves_no_half_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "exported", small_model)
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(BadInputError, match="No space left"):
        body_model.body_model()
    assert list(place.parent.iterdir()) == []


def test_a_damaged_file_is_told_with_the_remedy(place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.write_bytes(b"PK no shapes")
    with pytest.raises(BadInputError) as caught:
        body_model.body_model()
    assert "damaged" in caught.value.message
    assert "Delete" in caught.value.remedy


def test_weights_of_shapes_are_products_of_shared_out_values() -> None:
    model = dataclasses.replace(
        small_model(), mask=np.eye(26, dtype=np.float32), projection=np.eye(26, dtype=np.float32)
    )
    values = dict.fromkeys(PHENOTYPES, 0.5) | {"gender": 0.25, "age": 0.5}
    found = model.coefficients(np.array(list(values.values())))
    assert found[:3] == pytest.approx([1 / 3] * 3)
    assert found[3:5] == pytest.approx([0.75, 0.25])  # male, female
    assert found[5:10] == pytest.approx([0, 0, 0.5, 0.5, 0])  # halfway from child to young
    assert found.sum() == pytest.approx(9)  # each of nine kinds is shared out to 1
