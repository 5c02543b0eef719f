"""A checkpoint becomes a network that gives what mmpose gives, or there is no network."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import COCO_17, BadInputError
from clinigait.perception.hrnet import export as exporting
from clinigait.perception.hrnet.card import card_of, read_card
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.export import export
from clinigait.perception.hrnet.network import picture_network
from clinigait.perception.hrnet.safe_load import load_state
from clinigait.perception.runtime import OpenVinoNetwork
from support import hrnets


def test_the_exported_network_gives_the_heatmaps_of_mmpose(small) -> None:
    import torch

    rng = np.random.default_rng(5)
    crops = rng.integers(0, 256, (5, 256, 192, 3), np.uint8)
    scaled = (crops.astype(np.float32) - small.card.mean) / small.card.std
    batch = torch.from_numpy(np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), np.float32))
    with torch.no_grad():
        expected = small.model.head.forward(small.model.backbone(batch)).numpy()
    network = OpenVinoNetwork(picture_network(small.onnx, small.card), threads=2, precision="f32")
    found: dict[int, np.ndarray] = {}
    for k, crop in enumerate(crops):
        network.start(crop[None], lambda maps, k=k: found.update({k: maps}))
    network.wait()
    n_points = len(small.card.keypoints)
    for k in range(len(crops)):
        assert found[k].shape == (1, n_points, 64, 48)
        assert found[k][0] == pytest.approx(expected[k, :n_points], abs=1e-4)


def test_the_card_says_how_to_use_the_network(small) -> None:
    card = read_card(small.onnx)
    assert card == small.card
    assert card.decoding == small.checkpoint.decoding
    assert card.heatmap_size_px == (48, 64)
    assert card.blur_kernel_px == (0 if card.decoding == "plain" else 11)
    assert card.flip_shift == (card.decoding != "udp")
    assert card.flip_indices == small.checkpoint.layout.mirrored()
    assert card.checkpoint_sha256.startswith(small.checkpoint.asset.sha256)
    assert card.export_error <= 1e-4
    assert card.versions["mmpose"] == "1.3.2"


def test_whole_bodies_lose_their_faces_and_hands(small_by_decoding) -> None:
    """133 heatmaps become the 23 of body and feet."""
    small = small_by_decoding["dark"]
    assert small.model.head.final_layer.out_channels == 133
    assert len(small.card.keypoints) == 23
    assert small.card.keypoints.points[17:20] == ("left_toe", "left_small_toe", "left_heel")


def test_the_table_agrees_with_mmpose(mmpose) -> None:
    for checkpoint in CHECKPOINTS.values():
        settings = exporting.read_settings(exporting._config(checkpoint.config))
        assert settings.decoding == checkpoint.decoding
        assert settings.input_size_px == checkpoint.input_size_px
        assert [4 * side for side in settings.heatmap_size_px] == list(checkpoint.input_size_px)


# ---------------------------------------------------------------- the forms of checkpoints


def _saved(path: Path, content: object) -> Path:
    import torch

    torch.save(content, path)
    return path


def test_names_of_the_time_before_version_1_are_understood(small, tmp_path) -> None:
    state = small.model.state_dict()
    old = {name.replace("head.", "keypoint_head."): value for name, value in state.items()}
    file = _saved(tmp_path / "old.pth", {"state_dict": old, "meta": {"epoch": 210}})
    assert "keypoint_head.final_layer.weight" in old
    card = export(hrnets.with_file(small.checkpoint, file), file, tmp_path / "old.onnx")
    assert card.onnx_sha256 == small.card.onnx_sha256, "the very same network"


def test_training_history_is_read_as_data(small_by_decoding, tmp_path) -> None:
    from mmengine.logging.history_buffer import HistoryBuffer

    small = small_by_decoding["plain"]
    meta = {"dataset_meta": {"sigmas": np.array([0.026, 0.025], np.float32),
                             "flip": np.array([0, 2, 1]), "one": np.float64(0.5)}}  # fmt: skip
    history = HistoryBuffer([0.5, 0.25], [1, 1])
    known = small.model.state_dict()
    content = {
        "state_dict": {**known, "data_preprocessor.mean": known["head.final_layer.bias"]},
        "meta": meta,
        "message_hub": {"log_scalars": {"loss": history}},
    }
    state = load_state(_saved(tmp_path / "history.pth", content))
    assert state.keys() == known.keys()


@pytest.mark.parametrize("name", ["__init__", "_set_default_statistics", "__globals__"])
def test_only_methods_of_a_history_may_be_named(mmpose, tmp_path, name) -> None:
    from mmengine.logging.history_buffer import HistoryBuffer

    class Reaching:
        def __reduce__(self):
            return getattr, (HistoryBuffer, name)

    file = _saved(tmp_path / "reaching.pth", {"state_dict": {}, "meta": Reaching()})
    with pytest.raises(BadInputError, match="might run code"):
        load_state(file)


def test_a_bare_state_will_do(small_by_decoding, tmp_path) -> None:
    state = small_by_decoding["plain"].model.state_dict()
    assert load_state(_saved(tmp_path / "bare.pth", dict(state))).keys() == state.keys()


class Hostile:
    """Makes a folder when it is unpickled by somebody who trusts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_hostile_checkpoint_runs_nothing(mmpose, tmp_path, zipped) -> None:
    import torch

    file = tmp_path / "hostile.pth"
    torch.save(
        {"state_dict": {}, "meta": Hostile(tmp_path / "taken")},
        file,
        _use_new_zipfile_serialization=zipped,
    )
    with pytest.raises(BadInputError, match=r"\w+\.mkdir\) and might run code") as caught:
        load_state(file)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "taken").exists()


@pytest.mark.parametrize("length", [0, 10, 1000, 0.5, -200])
def test_a_truncated_checkpoint_is_one_sentence(small_by_decoding, tmp_path, length) -> None:
    whole = small_by_decoding["plain"].file.read_bytes()
    cut = tmp_path / "cut.pth"
    cut.write_bytes(whole[: int(length * len(whole)) if isinstance(length, float) else length])
    with pytest.raises(BadInputError, match=r"^cut\.pth (is damaged|was not read)"):
        load_state(cut)


@pytest.mark.parametrize("content", [b"\x80\x04.", b"not a checkpoint", b"PK\x03\x04" + bytes(60)])
def test_noise_is_one_sentence(mmpose, tmp_path, content) -> None:
    file = tmp_path / "noise.pth"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=r"^noise\.pth"):
        load_state(file)


def test_a_zip_of_something_else_is_one_sentence(mmpose, tmp_path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("letter.txt", "Dear clinic")
    file = tmp_path / "letter.pth"
    file.write_bytes(buffer.getvalue())
    with pytest.raises(BadInputError, match=r"^letter\.pth"):
        load_state(file)


@pytest.mark.parametrize("content", [{}, {"state_dict": {}}, {"state_dict": {"a": 1}}, [1], 5])
def test_a_file_without_weights(mmpose, tmp_path, content) -> None:
    with pytest.raises(BadInputError, match="holds no weights"):
        load_state(_saved(tmp_path / "empty.pth", content))


# ---------------------------------------------------------------- refusals


def test_another_network_is_refused(small_by_decoding, tmp_path) -> None:
    """17 points where 133 are expected; nothing is written."""
    file = small_by_decoding["plain"].file
    wrong = hrnets.with_file(small_by_decoding["dark"].checkpoint, file)
    with pytest.raises(BadInputError, match=r"another network: 2 of \d+ .*head.final_layer"):
        export(wrong, file, tmp_path / "wrong.onnx")
    assert list(tmp_path.iterdir()) == []


def test_missing_weights_are_not_invented(small_by_decoding, tmp_path) -> None:
    small = small_by_decoding["plain"]
    state = dict(small.model.state_dict())
    del state["backbone.conv1.weight"]
    file = _saved(tmp_path / "part.pth", state)
    with pytest.raises(BadInputError, match=r"1 of \d+ weights .*backbone\.conv1\.weight"):
        export(hrnets.with_file(small.checkpoint, file), file, tmp_path / "part.onnx")


def test_a_network_that_differs_from_mmpose_is_not_kept(
    small_by_decoding, tmp_path, monkeypatch
) -> None:
    import torch

    small, write = small_by_decoding["plain"], exporting.write_onnx

    def spoil(model, *arguments) -> None:
        bias = model.head.final_layer.bias
        with torch.no_grad():
            bias += 2e-4
            write(model, *arguments)
            bias -= 2e-4

    monkeypatch.setattr(exporting, "write_onnx", spoil)
    with pytest.raises(BadInputError, match=r"differs from mmpose by 0\.0002"):
        export(small.checkpoint, small.file, tmp_path / "spoilt.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_of_another_kind_is_refused(small_by_decoding, tmp_path) -> None:
    from dataclasses import replace

    small = small_by_decoding["plain"]
    wrong = replace(small.checkpoint, decoding="dark")
    with pytest.raises(BadInputError, match="in another way"):
        export(wrong, small.file, tmp_path / "x.onnx")
    missing = replace(small.checkpoint, config="nowhere.py")
    with pytest.raises(BadInputError, match=r"no configuration nowhere\.py"):
        export(missing, small.file, tmp_path / "x.onnx")
    assert small.checkpoint.layout == COCO_17


# ---------------------------------------------------------------- card and network


def test_a_network_is_used_with_its_own_card_only(small_by_decoding, tmp_path) -> None:
    """DARK's card beside UDP's network would give keypoints that look right and are not."""
    onnx = tmp_path / "mixed.onnx"
    onnx.write_bytes(small_by_decoding["udp"].onnx.read_bytes())
    card_of(onnx).write_bytes(card_of(small_by_decoding["dark"].onnx).read_bytes())
    with pytest.raises(BadInputError, match="is not the network of its card"):
        read_card(onnx)


def test_a_tampered_network_is_refused(small_by_decoding, tmp_path) -> None:
    onnx = tmp_path / "n.onnx"
    content = bytearray(small_by_decoding["udp"].onnx.read_bytes())
    content[len(content) // 2] ^= 1
    onnx.write_bytes(content)
    card_of(onnx).write_bytes(card_of(small_by_decoding["udp"].onnx).read_bytes())
    read_card(onnx, check_hash=False)
    with pytest.raises(BadInputError, match="is not the network of its card"):
        read_card(onnx)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"decoding": "udp"', '"decoding": "guess"', "decoding"),
        ('"decoding": "udp"', '"decoding": "plain"', "blur does not fit"),
        ('"layout": "coco17"', '"layout": "body25"', "known layout"),
        ('"blur_kernel_px": 11', '"blur_kernel_px": 10', "no middle"),
        ('"padding": 1.25', '"padding": 1e9', "padding"),
        ('"schema_version": 1', '"schema_version": 2', "schema_version"),
        ("{", "[", "all of it"),
    ],
)
def test_a_damaged_card_is_one_sentence(small_by_decoding, tmp_path, old, new, where) -> None:
    onnx = tmp_path / "n.onnx"
    onnx.write_bytes(small_by_decoding["udp"].onnx.read_bytes())
    text = card_of(small_by_decoding["udp"].onnx).read_text()
    assert old in text
    card_of(onnx).write_text(text.replace(old, new, 1))
    with pytest.raises(BadInputError, match=where) as caught:
        read_card(onnx)
    assert "\n" not in str(caught.value)


def test_a_network_without_its_card_is_refused(small_by_decoding, tmp_path) -> None:
    onnx = tmp_path / "n.onnx"
    onnx.write_bytes(small_by_decoding["udp"].onnx.read_bytes())
    with pytest.raises(BadInputError, match=r"n\.json cannot be read"):
        read_card(onnx)


# ---------------------------------------------------------------- the real sizes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "n_parameters"),
    [
        ("hrnet-w32-coco", 28_536_113),
        ("hrnet-w48-wholebody-256", 63_601_429),
        ("hrnet-w48-wholebody", 63_601_429),
    ],
)
def test_networks_of_the_published_size(mmpose, tmp_path, name, n_parameters) -> None:
    from pathlib import Path

    import mmpose as package
    from mmengine.config import Config

    checkpoint = CHECKPOINTS[name]
    configs = Path(package.__file__).parent / ".mim" / "configs"
    config = Config.fromfile(configs / checkpoint.config)
    config.model.backbone.pop("init_cfg")
    model = hrnets.built(config)
    assert sum(p.numel() for p in model.parameters()) == n_parameters
    assert len(model.state_dict()) == 1754
    file = _saved(tmp_path / "real.pth", {"state_dict": model.state_dict()})
    card = export(hrnets.with_file(checkpoint, file), file, tmp_path / "real.onnx")
    assert card.export_error <= 1e-4
    assert card.keypoints == checkpoint.layout
