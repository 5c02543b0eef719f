"""Bundles: what was written is read; what was tampered with is refused in one sentence."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.io.bundle import (
    CARD_FILE,
    MAX_CARD_BYTES,
    WEIGHTS_FILE,
    read_bundle,
    read_card,
    shipped_bundles,
    write_bundle,
)
from support import bundles
from support.harm import damaged, refused_or_read

pytest.importorskip("safetensors", reason="models are not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a good bundle."""
    bundles.write(tmp_path / "bundle")
    return tmp_path / "bundle"


def _refused(folder: Path | str) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        read_bundle(folder)
    assert caught.value.message.endswith(".")
    assert "\n" not in str(caught.value)
    return caught.value


# ---------------------------------------------------------------- round trip


def test_what_was_written_is_read(tmp_path: Path) -> None:
    card, arrays = bundles.card(), bundles.arrays()
    written = write_bundle(tmp_path / "b", card, arrays)
    again = read_bundle(tmp_path / "b")
    assert replace(again.card, weights_sha256="") == card
    assert again.card == written.card
    assert again.card.id == written.card.id
    assert set(again.arrays) == set(arrays)
    for name, array in arrays.items():
        assert again.arrays[name].shape == array.shape
        np.testing.assert_array_equal(again.arrays[name], array)


def test_equal_bundles_are_equal_bytes_in_any_order(tmp_path: Path) -> None:
    arrays = bundles.arrays()
    write_bundle(tmp_path / "a", bundles.card(), arrays)
    write_bundle(tmp_path / "b", bundles.card(), dict(reversed(arrays.items())))
    for file in (CARD_FILE, WEIGHTS_FILE):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_half_precision_keeps_vectors_whole_and_says_what_will_be_read(tmp_path: Path) -> None:
    arrays = bundles.arrays()
    arrays["0.big.weight"] = np.full((40, 40), 1 / 3, np.float32)
    arrays["0.huge.weight"] = np.full((4, 4), 1e6, np.float32)
    full = write_bundle(tmp_path / "full", bundles.card(), arrays)
    half = write_bundle(tmp_path / "half", bundles.card(), arrays, half=True)
    sizes = [(tmp_path / n / WEIGHTS_FILE).stat().st_size for n in ("full", "half")]
    assert sizes[0] - sizes[1] >= 2 * 1600
    assert half.arrays["0.big.weight"].dtype == np.float32
    np.testing.assert_allclose(half.arrays["0.big.weight"], 1 / 3, rtol=1e-3)
    np.testing.assert_array_equal(half.arrays["0.huge.weight"], 1e6)
    np.testing.assert_array_equal(half.arrays["0.head.bias"], arrays["0.head.bias"])
    assert full.card.weights_sha256 != half.card.weights_sha256


def test_a_new_bundle_replaces_the_old_one_and_leaves_other_files(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    write_bundle(folder, bundles.card(version="2.0"), bundles.arrays(1))
    assert read_bundle(folder).card.version == "2.0"
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_never_written(tmp_path: Path, bad: float) -> None:
    arrays = {"0.w": np.array([1.0, bad], np.float32)}
    with pytest.raises(ValueError, match=r"0\.w"):
        write_bundle(tmp_path / "b", bundles.card(), arrays)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("name", ["1.w", "w", "../w", "0.w w", "0."])
def test_weights_of_no_network_are_never_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no weight"):
        write_bundle(tmp_path / "b", bundles.card(), {name: np.ones(2, np.float32)})
    assert not (tmp_path / "b").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInputError, match="is a file"):
        bundles.write(tmp_path / "file")


def test_the_shipped_bundles_can_be_read_and_bear_their_names() -> None:
    for name in shipped_bundles():
        assert read_bundle(name).card.name == name


# ---------------------------------------------------------------- bad folders and cards


@pytest.mark.parametrize("name", ["no_such_bundle", "", "a\0b", "x" * 5000, "../../nowhere"])
def test_a_bundle_that_is_not_there_is_named(name: str) -> None:
    assert "There is no model bundle" in _refused(name).message


@pytest.mark.parametrize("file", [CARD_FILE, WEIGHTS_FILE])
def test_a_bundle_without_one_of_its_files(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert file in _refused(folder).message


def _change(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads((folder / CARD_FILE).read_text())
    change(data)
    (folder / CARD_FILE).write_text(json.dumps(data))


CARD_FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown key": (lambda d: d.update(extra=1), "extra"),
    "unknown key within": (lambda d: d["calibration"].update(extra=1), "calibration.extra"),
    "missing key": (lambda d: d.pop("task"), "task"),
    "other schema": (lambda d: d.update(schema="clinigait-card-9"), "none of this version"),
    "no schema": (lambda d: d.pop("schema"), "none of this version"),
    "text for a number": (lambda d: d["calibration"].update(temperature="2"), "temperature"),
    "no temperature": (lambda d: d["calibration"].update(temperature=0.0), "temperature"),
    "hardly a temperature": (lambda d: d["calibration"].update(temperature=1e-320), "temperature"),
    "certain": (lambda d: d["calibration"].update(alpha=0.0), "alpha"),
    "a threshold too few": (lambda d: d["calibration"]["thresholds"].popitem(), "thresholds"),
    "a class twice": (lambda d: d["classes"].append(d["classes"][0]), "two classes or more"),
    "no class": (lambda d: d.update(classes=[]), "two classes or more"),
    "no network": (lambda d: d.update(networks=[]), "networks"),
    "a network of nothing": (lambda d: d["networks"][0].update(inputs=[]), "networks"),
    "half a frame": (lambda d: d["networks"][0].update(window_frames=30.5), "window_frames"),
    "no hop": (lambda d: d["networks"][0].update(hop_frames=0), "hop_frames"),
    "mirror as text": (lambda d: d["networks"][0].update(mirror="no"), "mirror"),
    "a network that fills the memory": (
        lambda d: d["networks"][0]["spec"].update(channels=10**9),
        "nothing above",
    ),
    "a list that fills the memory": (
        lambda d: d["networks"][0]["spec"].update(channels=[16, [10**9]]),
        "nothing above",
    ),
    "a list as input": (lambda d: d["networks"][0].update(inputs=[["toy"]]), "networks"),
    "unknown input": (lambda d: d["networks"][0].update(inputs=["x"]), "networks"),
    "short table": (lambda d: d["baselines"][0]["coefficients"].pop(), "baselines"),
    "no spread": (lambda d: d["baselines"][0].update(sd=[0.0, 1.0, 1.0]), "baselines"),
    "a path as name": (lambda d: d.update(name="../evil"), "name"),
}


@pytest.mark.parametrize("fault", CARD_FAULTS)
def test_a_card_that_is_not_valid_names_its_fault(folder: Path, fault: str) -> None:
    change, said = CARD_FAULTS[fault]
    _change(folder, change)
    assert said in _refused(folder).message


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b"null", b"\xff\xfe", b"[" * 100_000, b'{"schema": NaN}',
        b'{"schema": "clinigait-card-1", "schema": "clinigait-card-1"}',
        b" " * (MAX_CARD_BYTES + 1),
    ],
    ids=["empty", "list", "cut", "null", "binary", "deep", "nan", "double", "large"],
)  # fmt: skip
def test_what_is_no_card_is_refused(folder: Path, content: bytes) -> None:
    (folder / CARD_FILE).write_bytes(content)
    _refused(folder)


def test_infinite_numbers_in_a_card_are_refused(folder: Path) -> None:
    text = (folder / CARD_FILE).read_text()
    for number in ("1e999", "NaN", "-Infinity"):
        (folder / CARD_FILE).write_text(
            text.replace('"temperature": 1.3', f'"temperature": {number}')
        )
        _refused(folder)


# ---------------------------------------------------------------- bad weights


def _with_weights(folder: Path, content: bytes) -> Path:
    """Put other weights into a bundle, and their true hash into its card: an able attacker."""
    import hashlib

    (folder / WEIGHTS_FILE).write_bytes(content)
    _change(folder, lambda d: d.update(weights_sha256=hashlib.sha256(content).hexdigest()))
    return folder


def _file(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _entry(**changes: Any) -> dict[str, Any]:
    return {"0.w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


EIGHT = b"\0" * 8
HOSTILE = {
    "nothing": b"",
    "cut in the length": b"\x01\x02",
    "a length beyond the file": _file(_entry(), EIGHT, length=1 << 40),
    "the greatest length": _file(_entry(), EIGHT, length=(1 << 64) - 1),
    "no JSON": _file(b"{{{{{{{{", EIGHT),
    "binary": _file(b"\xff\xfe\xfd\xfc\xff\xff\xff\xff", EIGHT),
    "deep": _file(b"[" * 90_000, EIGHT),
    "a list": _file([], EIGHT),
    "empty": _file({}, EIGHT),
    "a name twice": _file(
        b'{"0.w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
        b'"0.w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', EIGHT,
    ),
    "a header of a gigabyte": _file(b" " * 1_500_000 + b"{}", EIGHT),
    "a path as name": _file({"../../etc": _entry()["0.w"]}, EIGHT),
    "a network that is not there": _file({"7.w": _entry()["0.w"]}, EIGHT),
    "doubles": _file(_entry(dtype="F64", shape=[1]), EIGHT),
    "bytes": _file(_entry(dtype="U8", shape=[8]), EIGHT),
    "an unknown type": _file(_entry(dtype="PICKLE"), EIGHT),
    "a list as type": _file(_entry(dtype=["F32"]), EIGHT),
    "no shape": _file(_entry(shape=None), EIGHT),
    "a negative side": _file(_entry(shape=[-2]), EIGHT),
    "an empty side": _file(_entry(shape=[0], data_offsets=[0, 0])),
    "a truth value as side": _file(_entry(shape=[True, 2]), EIGHT),
    "a broken side": _file(_entry(shape=[2.0]), EIGHT),
    "many dimensions": _file(_entry(shape=[1] * 60 + [2]), EIGHT),
    "sides that overflow": _file(_entry(shape=[1 << 28] * 3), EIGHT),
    "a huge array": _file(_entry(shape=[1 << 28], data_offsets=[0, 1 << 30]), EIGHT),
    "offsets beyond the file": _file(_entry(data_offsets=[0, 1 << 50]), EIGHT),
    "offsets backwards": _file(_entry(data_offsets=[8, 0]), EIGHT),
    "text as offsets": _file(_entry(data_offsets="ab"), EIGHT),
    "data cut": _file(_entry(), EIGHT[:5]),
    "data to spare": _file(_entry(), EIGHT * 4),
    "overlap": _file({**_entry(), "0.v": _entry()["0.w"]}, EIGHT),
    "not a number": _file(_entry(), struct.pack("<2f", 1.0, float("nan"))),
    "infinite": _file(_entry(), struct.pack("<2f", 1.0, float("inf"))),
    "a pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93.",
    "a zip": b"PK\x03\x04" + b"\0" * 60,
}  # fmt: skip


@pytest.mark.parametrize("harm", HOSTILE)
def test_hostile_weights_are_refused_in_one_sentence(folder: Path, harm: str) -> None:
    assert "weights" in _refused(_with_weights(folder, HOSTILE[harm])).message


def test_metadata_of_the_format_does_no_harm(folder: Path) -> None:
    content = _file({"__metadata__": {"format": "np"}, **_entry()}, EIGHT)
    assert set(read_bundle(_with_weights(folder, content)).arrays) == {"0.w"}


def test_weights_of_another_bundle_are_told_by_their_hash(folder: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "other", bundles.card(), bundles.arrays(1))
    (folder / WEIGHTS_FILE).write_bytes((tmp_path / "other" / WEIGHTS_FILE).read_bytes())
    assert "not those that its card describes" in _refused(folder).message


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damage_is_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("b") / "bundle"
    bundles.write(folder)
    good = (folder / WEIGHTS_FILE).read_bytes()
    harmed = data.draw(damaged(good))
    error, read = refused_or_read(read_bundle, _with_weights(folder, harmed))
    assert "\n" not in str(error)
    if read is not None:
        assert all(np.isfinite(array).all() for array in read.arrays.values())


def test_a_card_is_read_without_its_weights(folder: Path) -> None:
    (folder / WEIGHTS_FILE).unlink()
    assert read_card(folder).task == "frailty"
