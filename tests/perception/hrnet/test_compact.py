"""The compact HRNet: one output that says where, and whether it is seen; a bundle that runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.perception import weights
from clinigait.perception.estimators import Models
from clinigait.perception.hrnet import shipped
from clinigait.perception.hrnet.card import card_of, read_card
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.hrnet.network import decoded
from clinigait.perception.hrnet.shipped import COMPACT, compact_onnx, compact_word, require_compact
from clinigait.perception.runtime import openvino
from clinigait.perception.weights import pose_weights, require, sha256_of_weights
from support import compacts


@pytest.fixture(scope="module")
def bundle(mmpose, tmp_path_factory) -> tuple[object, Path]:
    folder = tmp_path_factory.mktemp("bundle") / "hrnet_compact"
    network, _ = compacts.write(folder)
    return network, folder / f"{COMPACT}.onnx"


@pytest.fixture
def here(bundle, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shipped, "compact_onnx", lambda: bundle[1])
    return bundle[1]


def scaled(crops: np.ndarray, card) -> np.ndarray:
    batch = (crops.astype(np.float32) - card.mean) / card.std
    return np.ascontiguousarray(batch.transpose(0, 3, 1, 2), np.float32)


def test_the_plan_is_fast_enough_to_be_worth_it(mmpose) -> None:
    from clinigait.perception.hrnet.compact import CompactHrnet, n_parameters

    assert n_parameters(CompactHrnet()) < 4_500_000, "in half precision below 10 MB"


def test_it_gives_a_heatmap_and_a_visibility_for_every_point(mmpose) -> None:
    import torch

    network = compacts.tiny()
    maps, logits = network(torch.zeros(2, 3, 256, 192))
    assert maps.shape == (2, 23, 64, 48)
    assert logits.shape == (2, 23)


def test_the_visibility_does_not_bend_the_heatmaps(mmpose) -> None:
    import torch

    network = compacts.tiny()
    _, logits = network(torch.randn(1, 3, 256, 192))
    logits.sum().backward()
    assert network.head.final_layer.weight.grad is None
    assert network.head.conv_layers[0].weight.grad is not None, "features are shared"


def test_the_one_output_keeps_places_and_tops_at_the_visibility(mmpose) -> None:
    import torch

    from clinigait.perception.hrnet.compact import OneOutput

    network = compacts.tiny()
    batch = torch.randn(3, 3, 256, 192)
    with torch.no_grad():
        maps, logits = network(batch)
        one = OneOutput(network, 2.0).eval()(batch)
    assert torch.allclose(one.amax((2, 3)), torch.sigmoid(logits / 2), atol=1e-6)
    assert torch.equal(one.flatten(2).argmax(2), maps.flatten(2).argmax(2))
    assert (one >= 0).all()


def test_a_heatmap_without_a_top_is_missing(mmpose) -> None:
    import torch

    from clinigait.perception.hrnet.compact import OneOutput

    class Dark(torch.nn.Module):
        def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.full((1, 23, 64, 48), -1.0), torch.full((1, 23), 5.0)

    one = OneOutput(Dark())(torch.zeros(1, 3, 256, 192))
    assert (one == 0).all()


def test_what_is_exported_is_what_torch_computes(mmpose, tmp_path) -> None:
    import torch

    from clinigait.perception.hrnet.compact import OneOutput
    from clinigait.perception.hrnet.precision import maps_of

    network, card = compacts.write(tmp_path, half=False)
    assert card.export_error <= 1e-4
    assert card.learning.storage == "f32"
    crops = compacts.crops(5, seed=3)
    with torch.no_grad():
        expected = OneOutput(network, 1.5).eval()(torch.from_numpy(scaled(crops, card))).numpy()
    found = maps_of(tmp_path / f"{COMPACT}.onnx", card, [crop[None] for crop in crops], "f32")
    assert found == pytest.approx(expected, abs=1e-4)


def test_weights_in_half_precision_are_multiplied_in_single(bundle, tmp_path) -> None:
    _, onnx = bundle
    card = read_card(onnx)
    assert card.learning.storage == "f16"
    whole, _ = tmp_path / f"{COMPACT}.onnx", compacts.write(tmp_path, half=False)
    assert onnx.stat().st_size < 0.7 * whole.stat().st_size
    model = openvino().Core().read_model(str(onnx))
    assert model.output(0).get_element_type() == openvino().Type.f32


def test_the_card_says_where_it_comes_from(bundle) -> None:
    card = read_card(bundle[1])
    assert card.name == COMPACT
    assert (card.decoding, card.flip_shift, card.blur_kernel_px) == ("udp", False, 11)
    assert card.learning.sources[0].licence == "Apache-2.0"
    assert len(card.keypoints) == 23


def test_cards_of_official_networks_say_nothing_of_learning(small_by_decoding) -> None:
    onnx = small_by_decoding["udp"].onnx
    assert read_card(onnx).learning is None
    assert "learning" not in card_of(onnx).read_text()


# ---------------------------------------------------------------- in use


def test_the_estimator_runs_it(bundle) -> None:
    pose = HrnetPose(bundle[1], threads=1)
    crop = compacts.crops(1, seed=2)[0]
    # A box that the crop, with its margin, shows as a whole.
    pose.submit(0, crop, np.array([19.1, 25.5, 171.9, 229.5]))
    sample = pose.results()[0]
    assert pose.name == COMPACT
    assert sample.keypoints_px.shape == (23, 2)
    assert ((sample.confidence >= 0) & (sample.confidence <= 1)).all()
    assert sample.confidence.max() > 0


def test_its_confidence_is_the_visibility(bundle) -> None:
    import torch

    from clinigait.perception.hrnet.precision import maps_of

    network, onnx = bundle
    card = read_card(onnx)
    crops = compacts.crops(2, seed=8)
    with torch.no_grad():
        _, logits = network(torch.from_numpy(scaled(crops, card)))
    _, score = decoded(maps_of(onnx, card, [c[None] for c in crops], "f32"), card)
    assert score == pytest.approx(torch.sigmoid(logits / 1.5).numpy(), abs=0.01)


def test_it_is_chosen_by_name_only(here) -> None:
    assert COMPACT in weights.POSE_CHOICES
    assert pose_weights(COMPACT) == COMPACT
    assert require(COMPACT) == here
    assert sha256_of_weights(COMPACT) == read_card(here).onnx_sha256
    assert pose_weights("blazepose") != COMPACT
    assert weights.COMPACT_BY_DEFAULT is False, "not before it is as good on real people"


def test_it_becomes_the_default_by_one_switch(here, cache, monkeypatch) -> None:
    assert pose_weights(None) == weights.POSES["blazepose"]
    monkeypatch.setattr(weights, "COMPACT_BY_DEFAULT", True)
    assert pose_weights(None) == COMPACT


def test_models_find_silhouettes_elsewhere(here, weights_here) -> None:
    chosen = Models.chosen(COMPACT, flip_test=True)
    assert chosen.files[COMPACT] == here
    assert chosen.silhouettes == weights.POSES["blazepose"]
    assert len(chosen.estimator(1).layout) == 23


def test_it_is_known_whom_the_keypoints_were_learned_from(here, weights_here) -> None:
    assert Models.chosen(COMPACT).pose_is_synthetic
    assert not Models.chosen("blazepose").pose_is_synthetic


def test_where_it_is_absent_there_is_one_sentence(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shipped, "compact_onnx", lambda: tmp_path / f"{COMPACT}.onnx")
    with pytest.raises(BadInputError, match="does not come with this clinigait") as caught:
        require(COMPACT)
    assert "--pose blazepose" in caught.value.remedy
    assert compact_word() == "missing"
    assert not shipped.compact_is_here()


def test_a_damaged_bundle_is_one_sentence(bundle, tmp_path, monkeypatch) -> None:
    onnx = tmp_path / f"{COMPACT}.onnx"
    onnx.write_bytes(bundle[1].read_bytes()[:-1])
    card_of(onnx).write_bytes(card_of(bundle[1]).read_bytes())
    monkeypatch.setattr(shipped, "compact_onnx", lambda: onnx)
    assert compact_word() == "damaged"
    with pytest.raises(BadInputError, match="is not the network of its card") as caught:
        require_compact()
    assert caught.value.remedy == "Install clinigait again."


def test_another_networks_card_is_refused(small_by_decoding, monkeypatch) -> None:
    monkeypatch.setattr(shipped, "compact_onnx", lambda: small_by_decoding["udp"].onnx)
    with pytest.raises(BadInputError, match="is not of hrnet-compact"):
        require_compact()


def test_its_place_is_among_the_bundles() -> None:
    assert compact_onnx().parts[-3:] == ("bundles", "hrnet_compact", "hrnet-compact.onnx")


def test_a_folder_that_cannot_be_written_is_one_sentence(mmpose, tmp_path) -> None:
    (tmp_path / "file").write_text("here already")
    with pytest.raises(BadInputError, match="cannot be written"):
        compacts.write(tmp_path / "file")
