"""Fast inference gives what the network gives."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
nn = pytest.importorskip("clinigait.nn")
precision = pytest.importorskip("clinigait.nn.precision")
winograd = pytest.importorskip("clinigait.nn.winograd")
networks = pytest.importorskip("support.networks")


@pytest.mark.parametrize("name", networks.SPECS)
def test_the_fast_network_gives_the_same_in_single_precision(name: str) -> None:
    spec = networks.SPECS[name]
    model, batch = networks.settled(spec), networks.batch_for(spec, (3, 7))
    quick = precision.fast(model, "f32")
    with torch.no_grad():
        wanted = model(**batch)
    found = quick(**batch)
    for row in range(2):
        assert networks.difference(found, row, networks_row(wanted, row)) < 1e-5
    assert quick.precision == "f32"


def networks_row(output: object, row: int) -> object:
    cut = [getattr(output, name)[row : row + 1] for name in ("parts", "parts_bn", "logits")]
    return nn.GaitOutput(*cut)


def test_a_wide_fast_network_gives_the_same_by_winograd() -> None:
    spec = {"kind": "deepgaitv2_p3d", "classes": 3, "channels": 64}
    model, batch = networks.settled(spec), networks.batch_for(spec, (3, 2))
    quick = precision.fast(model, "f32")
    assert any(isinstance(module, winograd.WinogradConv) for module in quick.modules())
    with torch.no_grad():
        wanted = model(**batch).probabilities()
    torch.testing.assert_close(quick(**batch).probabilities(), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["gaitbase", "deepgaitv2_p3d", "drf, silhouettes"])
def test_in_bf16_probabilities_move_by_little_and_come_in_single_precision(name: str) -> None:
    spec = networks.SPECS[name]
    model, batch = networks.settled(spec), networks.batch_for(spec, (3, 7))
    quick = precision.fast(model, "bf16")
    assert quick.precision == "bf16"
    with torch.no_grad():
        wanted = model(**batch).probabilities()
    found = quick(**batch)
    assert found.logits.dtype == torch.float32
    assert not torch.equal(found.probabilities(), wanted)
    torch.testing.assert_close(found.probabilities(), wanted, atol=5e-3, rtol=0)


def test_skeleton_networks_stay_in_single_precision() -> None:
    assert precision.fast(networks.settled(networks.SPECS["gaitmixer"]), "bf16").precision == "f32"


@pytest.mark.parametrize(
    ("able", "wanted"),
    [
        ({}, "f32"),
        ({"avx2": True, "avx512_bf16": False}, "f32"),
        ({"avx512_bf16": True}, "bf16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bf16"),
    ],
)
def test_the_processor_decides_the_precision(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool], wanted: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert precision.best_precision() == wanted
    assert precision.fast(networks.settled(networks.SPECS["gaitbase"])).precision == wanted


def test_the_original_network_is_left_as_it_was() -> None:
    spec = networks.SPECS["gaitbase"]
    model = networks.settled(spec).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    precision.fast(model)
    assert model.training
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("size", [(16, 11), (8, 8), (3, 5), (1, 1)])
def test_winograd_is_the_convolution(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(5, 7, 3, padding=1).double()
    x = torch.randn(40, 5, *size)  # more frames than at once
    with torch.no_grad():
        wanted = conv(x.double()).float()
        found = winograd.WinogradConv(conv.float())(x)
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("wrong", [{"stride": 2}, {"padding": 0}, {"dilation": 2}, {"bias": False}])
def test_other_convolutions_are_not_done_by_winograd(wrong: dict[str, int]) -> None:
    conv = torch.nn.Conv2d(4, 4, 3, **{"padding": 1, **wrong})
    with pytest.raises(ValueError, match="3×3 with stride 1"):
        winograd.WinogradConv(conv)
