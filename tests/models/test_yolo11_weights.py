"""Encoder weights that a user brings: read by their names, or refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinigait.core import BadInputError
from support.harm import damaged, refused_or_read

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
library = pytest.importorskip("safetensors.numpy")
yolo11 = pytest.importorskip("clinigait.nn.yolo11")
reference = pytest.importorskip("support.yolo11_reference")
numbers = pytest.importorskip("support.yolo11_numbers")
from clinigait.models.yolo11_weights import read_yolo11_weights  # noqa: E402
from clinigait.nn import build_network  # noqa: E402

Arrays = dict[str, NDArray[Any]]


def _exported(scale: str = "n", *, neck: bool = True) -> Arrays:
    """Return the arrays of an export, with a head behind them."""
    with torch.device("meta"):
        model = yolo11.Yolo11(scale, neck=neck)
    shapes = {key: value.shape for key, value in model.state_dict().items()}
    state = reference.weights(shapes, "B")
    arrays = {
        key: value.float().numpy() if value.is_floating_point() else value.numpy()
        for key, value in state.items()
    }
    return {**arrays, "model.23.dfl.conv.weight": np.ones((1, 16, 1, 1), np.float32)}


def _file(folder: Path, arrays: Arrays, notes: Mapping[str, str] | None = None) -> Path:
    path = folder / "encoder.safetensors"
    path.write_bytes(library.save(arrays, dict(notes) if notes else None))
    return path


@pytest.fixture(scope="module")
def exported() -> Arrays:
    return _exported()


@pytest.mark.parametrize("prefix", ["", "model.", "model.model."])
def test_exported_weights_give_the_published_numbers(
    tmp_path: Path, exported: Arrays, prefix: str
) -> None:
    arrays = {prefix + key.removeprefix("model."): array for key, array in exported.items()}
    given = read_yolo11_weights(_file(tmp_path, arrays), "n", neck=True)
    model = yolo11.Yolo11("n", neck=True).eval()
    model.load_state_dict(given.state)
    with torch.no_grad():
        maps = model(reference.picture(128, 96).float())
    for layer, found in zip((16, 19, 22), maps, strict=True):
        assert numbers.EXPECTED["n", "B", (128, 96)][layer].worst(found) < 2e-4


def test_weights_are_the_users_and_a_note_says_so(tmp_path: Path, exported: Arrays) -> None:
    given = read_yolo11_weights(_file(tmp_path, exported), "n")
    assert "the user's own terms" in given.note
    assert given.sha256 in given.note
    assert (given.scale, given.sppf_act) == ("n", "silu")


@pytest.mark.parametrize("fusion", ["neck", "early", "colour", "depth"])
def test_a_network_of_colour_and_depth_starts_from_them(
    tmp_path: Path, exported: Arrays, fusion: str
) -> None:
    given = read_yolo11_weights(_file(tmp_path, exported), "n")
    network = build_network({"kind": "rgbd_fusion", "classes": 2, "fusion": fusion})
    network.start_from(given.state)
    first = exported["model.0.conv.weight"]
    for stream in network.pyramid.streams:
        weights = stream.encoder.state_dict()
        seen = weights["model.0.conv.weight"].sum(1).numpy()
        np.testing.assert_allclose(seen, first.sum(1), rtol=1e-5, atol=1e-6)
        last = "model.10.cv2.bn.running_var"
        np.testing.assert_array_equal(weights[last].numpy(), exported[last])


def test_weights_do_not_fit_a_narrower_network(tmp_path: Path, exported: Arrays) -> None:
    given = read_yolo11_weights(_file(tmp_path, exported), "n")
    network = build_network({"kind": "rgbd_fusion", "classes": 2, "width": 0.5})
    with pytest.raises(ValueError, match="none of an encoder of this size"):
        network.start_from(given.state)


def test_half_precision_and_missing_counts_are_fine(tmp_path: Path, exported: Arrays) -> None:
    arrays = {
        key: array.astype(np.float16) if array.ndim == 4 else array
        for key, array in exported.items()
        if not key.endswith("num_batches_tracked")
    }
    given = read_yolo11_weights(_file(tmp_path, arrays), "n")
    yolo11.Yolo11("n").load_state_dict(given.state)
    assert given.state["model.0.conv.weight"].dtype == torch.float32


def _without(key: str) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {k: v for k, v in arrays.items() if k != key}


def _with(key: str, array: NDArray[Any]) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, key: array}


_VECTOR, _NAN = np.ones(16, np.float32), np.full(16, np.nan, np.float32)
_WRONG: dict[str, tuple[Callable[[Arrays], Arrays], str]] = {
    "a layer is missing": (_without("model.4.cv1.conv.weight"), "4.cv1.conv.weight is missing"),
    "no first layer": (_without("model.0.conv.weight"), "first layer, 0.conv.weight, is missing"),
    "a strange layer": (_with("model.5.gate.weight", _VECTOR), "5.gate.weight is not known"),
    "a strange name": (_with("backbone.weight", _VECTOR), "backbone.weight is not known"),
    "a name twice": (_with("0.bn.bias", _VECTOR), "0.bn.bias is not known"),
    "another shape": (_with("model.0.bn.bias", np.ones(8, np.float32)), "bn.bias has to be 16"),
    "whole numbers": (_with("model.0.bn.bias", np.ones(16, np.int64)), "bn.bias has to be 16"),
    "not a number": (_with("model.0.bn.bias", _NAN), "holds what is not a number"),
    "a negative variance": (_with("model.0.bn.running_var", -_VECTOR), "a negative variance"),
    "folded": (_with("model.0.conv.bias", _VECTOR), "folded for inference"),
    "a classifier": (_with("model.9.m.0.attn.qkv.conv.weight", _VECTOR), "those of a classifier"),
    "a stem of another width": (
        _with("model.0.conv.weight", np.ones((24, 3, 3, 3), np.float32)), "scale unknown, not n",
    ),
    "eight byte numbers": (_with("model.0.bn.bias", np.ones(16)), "of a kind that no weight has"),
    "nothing of the encoder": (lambda _: {"model.23.x": _VECTOR}, "first layer"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", _WRONG)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, exported: Arrays, wrong: str) -> None:
    change, message = _WRONG[wrong]
    path = _file(tmp_path, change(exported))
    with pytest.raises(BadInputError) as refused:
        read_yolo11_weights(path, "n")
    assert message in refused.value.message
    assert "\n" not in str(refused.value)


def test_weights_of_another_scale_are_refused(tmp_path: Path, exported: Arrays) -> None:
    path = _file(tmp_path, exported)
    with pytest.raises(BadInputError, match="they are of scale n, not s"):
        read_yolo11_weights(path, "s")
    with pytest.raises(BadInputError, match="no YOLO11 of scale 'q'"):
        read_yolo11_weights(path, "q")
    with pytest.raises(BadInputError, match="activation 'relu'"):
        read_yolo11_weights(path, "n", "relu")


def test_what_the_file_says_of_its_activation_counts(tmp_path: Path, exported: Arrays) -> None:
    path = _file(tmp_path, exported, {"sppf_cv1_act": "none", "bn_eps": "0.001"})
    assert read_yolo11_weights(path, "n", "none").sppf_act == "none"
    with pytest.raises(BadInputError, match="says that sppf_act is 'none'"):
        read_yolo11_weights(path, "n")
    path = _file(tmp_path, exported, {"bn_eps": "1e-5"})
    with pytest.raises(BadInputError, match="bn_eps is '1e-5'"):
        read_yolo11_weights(path, "n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04" + b"\0" * 60, "pickled checkpoint"),
        (b"\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x05posix\x94.", "pickled checkpoint"),
        (b"", "cut off"),
        (b"\0" * 8, "not readable"),
        ((1 << 40).to_bytes(8, "little") + b"{}", "cut off"),
        ((2).to_bytes(8, "little") + b"[]", "no arrays"),
        ((12).to_bytes(8, "little") + b'{"a/b":null}', "no weight"),
        ((9_000).to_bytes(8, "little") + b"[" * 9_000, "not readable"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "yolo11n.pt"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        read_yolo11_weights(path, "n")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(BadInputError, match="no file of encoder weights"):
            read_yolo11_weights(path, "n")


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damage_gives_sound_weights_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, exported: Arrays, data: st.DataObject
) -> None:
    path = _file(tmp_path_factory.mktemp("w"), exported)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    error, read = refused_or_read(lambda file: read_yolo11_weights(file, "n"), path)
    assert "\n" not in str(error)
    if read is not None:
        assert all(bool(value.isfinite().all()) for value in read.state.values())


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_a_name_twice_is_refused_in_whatever_order_it_is_read(
    tmp_path: Path, exported: Arrays, order: Callable[[Arrays], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    twice = {**exported, "0.bn.bias": _VECTOR}
    monkeypatch.setattr(
        "clinigait.models.yolo11_weights.load_tensors",
        lambda *_: {key: twice[key] for key in order(twice)},
    )
    with pytest.raises(BadInputError, match=r"0\.bn\.bias is not known"):
        read_yolo11_weights(_file(tmp_path, exported), "n")
