"""Bundles of generators: what was written is read, and what was tampered with is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("safetensors")

from clinigait.core import BadInputError
from clinigait.io.bundle import CARD_FILE
from clinigait.models.generator_card import (
    WEIGHTS_FILE,
    Gate,
    Sign,
    read_generator,
    write_generator,
)
from clinigait.models.walk_sampler import WalkSampler
from clinigait.nn.walk_gan import build_decoder
from support.generated import card
from support.harm import damaged, refused_or_read


def _arrays() -> dict[str, np.ndarray]:
    decoder = build_decoder(card().spec)
    decoder.mean += 1.5
    return {key: value.numpy() for key, value in decoder.state_dict().items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_generator(tmp_path / "g", card(), _arrays())
    return tmp_path / "g"


def test_what_was_written_is_read_and_makes_walks(folder: Path) -> None:
    bundle = read_generator(folder)
    assert replace(bundle.card, weights_sha256="") == card()
    labels = np.array([0, 1, 1])
    one, other = (WalkSampler.of(bundle).draw(labels, np.random.default_rng(3)) for _ in range(2))
    assert one.shape == (3, 53, 64)
    np.testing.assert_array_equal(one, other)
    assert np.abs(one[1] - one[2]).max() > 0


def test_the_same_generator_is_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    arrays = {key: array.astype(np.float32) for key, array in read_generator(folder).arrays.items()}
    for name in ("a", "b"):
        write_generator(tmp_path / name, card(), arrays)
    for file in (CARD_FILE, WEIGHTS_FILE):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": "clinigait-card-1"}, "none of a generator"),
        ({"classes": ["normal", "normal"]}, "classes"),
        ({"gates": {}}, "gates"),
        ({"sizes_m": [0.1, 40.0]}, "sizes_m"),
        ({"affected_side": "front"}, "affected_side"),
        ({"spec": {"classes": 2, "channels": 9_000_000}}, "above"),
        ({"name": "../../x"}, "name"),
        ({"colour": "red"}, "colour"),
        ({"title": "other", "weights_sha256": "0"}, "not those that its card describes"),
    ],
)
def test_a_card_that_was_changed_is_refused(folder: Path, change: dict, says: str) -> None:
    path = folder / CARD_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BadInputError, match=says):
        read_generator(folder)


def test_weights_of_another_shape_cannot_be_built(folder: Path, tmp_path: Path) -> None:
    other = card(spec={**card().spec, "channels": 16})
    bundle = write_generator(tmp_path / "other", other, read_generator(folder).arrays)
    with pytest.raises(BadInputError, match="cannot be built"):
        WalkSampler.of(bundle)


@pytest.mark.parametrize("name", ["", "nobody", "/", "../..", "a\0b", "pathology_skeleton"])
def test_a_name_that_is_no_generator_gets_one_sentence(name: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_generator(name)
    assert "\n" not in str(caught.value)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), file=st.sampled_from([CARD_FILE, WEIGHTS_FILE]))
def test_damaged_files_are_refused(folder: Path, data: st.DataObject, file: str) -> None:
    content = (folder / file).read_bytes()
    try:
        (folder / file).write_bytes(data.draw(damaged(content)))
        refusal, bundle = refused_or_read(read_generator, folder)
        assert bundle is not None or refusal.message.endswith(".")
    finally:
        (folder / file).write_bytes(content)


def test_a_sign_is_shown_beyond_its_limit_and_not_where_it_was_not_measured() -> None:
    up, down = Sign("knee", True, 60.0), Sign("knee", False, 60.0)
    assert up.shown_by({"knee": 61.0})
    assert not up.shown_by({"knee": 60.0})
    assert down.shown_by({"knee": 59.0})
    assert not up.shown_by({})
    assert not down.shown_by({})
    assert Gate().people_share == 1.0


def test_the_shipped_generator_is_small_and_says_from_whom_it_learned() -> None:
    bundle = read_generator("pathology_generator")
    made = bundle.card
    size = sum(array.size for array in bundle.arrays.values()) * 2
    assert size < 4_000_000
    assert made.learned_from.startswith("5 healthy adults who acted")
    assert "depth camera" in made.learned_from
    assert "Pathological Gait Dataset" in made.learned_from
    assert {use.kind for use in made.data} == {"acted"}
    assert any("no patient" in limit for limit in made.limits)
    assert made.training["command"].startswith("python examples/pathology_generation.py")
    for label, gate in made.gates.items():
        assert gate.every or label == "normal"
        assert 0.5 < gate.people_share <= 1
        assert 0.2 < made.metrics["passed_at_first_draw"][label] <= 1
    windows = WalkSampler.of(bundle).draw(np.arange(6), np.random.default_rng(0))
    assert np.abs(windows[:, :2]).max() == 0  # the pelvis stays over itself
