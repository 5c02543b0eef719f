"""Who looks at whom: pixels of one map at all pixels of the other."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
cross_spatial = pytest.importorskip("clinigait.nn.cross_spatial")
mlge = pytest.importorskip("clinigait.nn.mlge")

_SIZE = (2, 8, 6, 4)


def _shuffled(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    return x.flatten(2)[..., order].view(x.shape)


def _looking() -> torch.nn.Module:
    torch.manual_seed(0)
    look = cross_spatial.CrossAttention(8).eval()
    for module in look.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight)
    torch.nn.init.zeros_(look.place.conv.weight)  # without it there are no places
    return look


def test_without_places_it_does_not_matter_where_the_other_map_shows_a_thing() -> None:
    look, own, other = _looking(), torch.rand(_SIZE), torch.rand(_SIZE)
    order = torch.randperm(24)
    with torch.no_grad():
        wanted = look(own, other)
        torch.testing.assert_close(look(own, _shuffled(other, order)), wanted)
        torch.testing.assert_close(look(_shuffled(own, order), other), _shuffled(wanted, order))
        assert not torch.allclose(look(own, 1 - other), wanted, atol=1e-3)


def test_places_tell_what_lies_at_the_same_pixel() -> None:
    look, own, other = _looking(), torch.rand(_SIZE), torch.rand(_SIZE)
    torch.nn.init.normal_(look.place.conv.weight)
    with torch.no_grad():
        moved = look(own, other.roll(1, -1))
        assert not torch.allclose(moved, look(own, other), atol=1e-3)


def test_the_gate_weighs_both_looks() -> None:
    fusion = cross_spatial.CrossSpatialFusion(8).eval()
    colour, depth = torch.rand(_SIZE), torch.rand(_SIZE)
    with torch.no_grad():
        for bias, wanted in (
            (50.0, fusion.colour(colour, depth)), (-50.0, fusion.depth(depth, colour)),
        ):  # fmt: skip
            fusion.gate.bias.fill_(bias)
            torch.testing.assert_close(fusion(colour, depth), wanted)
        fusion.gate.weight.zero_()
        fusion.gate.bias.zero_()
        mean = (fusion.colour(colour, depth) + fusion.depth(depth, colour)) / 2
        torch.testing.assert_close(fusion(colour, depth), mean)


def test_a_missing_modality_is_told_by_a_learned_vector() -> None:
    fusion = cross_spatial.CrossSpatialFusion(8)
    x = torch.rand(_SIZE)
    assert torch.equal(fusion(x, None), x)  # before it has learned
    torch.nn.init.normal_(fusion.missing)
    torch.testing.assert_close(fusion(x, None), x + fusion.missing[1][:, None, None])
    torch.testing.assert_close(fusion(None, x), x + fusion.missing[0][:, None, None])
    with pytest.raises(ValueError, match="neither colour nor depth"):
        fusion(None, None)


def test_extraction_is_local_and_global() -> None:
    torch.manual_seed(0)
    extract = mlge.Mlge(8).eval().double()
    x = torch.rand(1, 8, 28, 28, dtype=torch.float64)
    far = x.clone()
    far[:, 0, 27, 27] += 5  # in one channel: the norm of the tokens takes out what all have
    with torch.no_grad():
        change = (extract(far) - extract(x))[..., 0, 0].abs().max()
        assert float(change) > 1e-7  # no kernel of 7×7 reaches so far
        torch.nn.init.zeros_(extract.mix.conv.weight)
        torch.testing.assert_close(extract(x), x)
