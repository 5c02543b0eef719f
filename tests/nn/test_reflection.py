"""Symmetric and antisymmetric halves."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
reflection = pytest.importorskip("clinigait.nn.reflection")
networks = pytest.importorskip("support.networks")

PAIRS = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)]


@pytest.mark.parametrize("name", ["gaitbase", "deepgaitv2_p3d", "gaitmixer"])
def test_one_half_ignores_the_mirror_and_the_other_changes_sign(name: str) -> None:
    spec = networks.SPECS[name]
    model, x = networks.settled(spec), networks.batch_for(spec, (6, 6))["x"]

    def mirror(walk: torch.Tensor) -> torch.Tensor:
        if "joints" in spec:
            return reflection.mirror_skeletons(walk, PAIRS)
        return reflection.mirror_pictures(walk)

    def embed(walk: torch.Tensor) -> torch.Tensor:
        return model(walk).parts

    with torch.no_grad():
        even, odd = reflection.reflection_pair(embed, x, mirror)
        even_there, odd_there = reflection.reflection_pair(embed, mirror(x), mirror)
        assert torch.equal(even, even_there)
        assert torch.equal(odd, -odd_there)
        torch.testing.assert_close(even + odd, embed(x))
    assert float(odd.abs().max()) > 1e-4


def test_mirroring_skeletons_swaps_sides_and_is_its_own_inverse() -> None:
    x = torch.randn(2, 3, 4, 17)
    there = reflection.mirror_skeletons(x, PAIRS)
    torch.testing.assert_close(there[:, 0, :, 1], -x[:, 0, :, 2])
    torch.testing.assert_close(there[:, 1, :, 16], x[:, 1, :, 15])
    torch.testing.assert_close(there[:, 0, :, 0], -x[:, 0, :, 0])
    assert torch.equal(reflection.mirror_skeletons(there, PAIRS), x)
