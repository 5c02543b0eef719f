"""Attention guided by the asymmetry of the posture, and the fusion of two streams."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
drf = pytest.importorskip("clinigait.nn.drf")
fusion = pytest.importorskip("clinigait.nn.fusion")
networks = pytest.importorskip("support.networks")


def test_the_guide_multiplies_by_one_plus_channel_gate_times_row_gate() -> None:
    torch.manual_seed(0)
    guide, pooled, pav = drf.PavGuidedAttention(3, 4), torch.rand(2, 3, 8, 5), torch.rand(2, 24)
    with torch.no_grad():
        found = guide(pooled, pav) / pooled
        channel, row = guide.channel_gate(pav), guide.row_gate(pav)
    for n, c, h in ((0, 0, 0), (1, 2, 7), (0, 1, 3)):
        wanted = 1 + float(channel[n, c] * row[n, h // 2])
        assert found[n, c, h].tolist() == pytest.approx([wanted] * 5, rel=1e-5)
        assert 1 < wanted < 2


def test_asymmetry_changes_the_answer() -> None:
    spec = networks.SPECS["drf"]
    model, batch = networks.settled(spec), networks.batch_for(spec, (4,))
    with torch.no_grad():
        here = model(**batch).logits
        there = model(**{**batch, "vector": batch["vector"] + 1}).logits
    assert not torch.allclose(here, there)


def test_the_guide_reads_vectors_on_the_range_of_those_who_taught_it() -> None:
    torch.manual_seed(0)
    guide, pooled, pavs = drf.PavGuidedAttention(3, 4), torch.rand(5, 3, 8, 5), torch.rand(5, 24)
    with torch.no_grad():
        scaled = (pavs - pavs.amin(0)) / (pavs.amax(0) - pavs.amin(0))
        wanted = guide(pooled, scaled)
        guide.learn_range(pavs)
        torch.testing.assert_close(guide(pooled, pavs), wanted)
    pavs[0, 3] = torch.nan
    with torch.no_grad():
        guide.learn_range(pavs)
        filled = torch.where(pavs.isnan(), pavs[1:, 3].median(), pavs)
        torch.testing.assert_close(guide(pooled, pavs), guide(pooled, filled))
    pavs[:, 7] = 0.3
    with pytest.raises(ValueError, match="or the same in all"):
        guide.learn_range(pavs)


def test_vectors_and_rows_that_do_not_fit_are_refused() -> None:
    guide = drf.PavGuidedAttention(3, 4)
    with pytest.raises(ValueError, match=r"shape \(2, 24\), not \(2, 8\)"):
        guide(torch.rand(2, 3, 8, 5), torch.rand(2, 8))
    with pytest.raises(ValueError, match="6 rows of features cannot be shared by 4 gates"):
        guide(torch.rand(2, 3, 6, 5), torch.rand(2, 24))


def test_fusion_is_a_weighted_mean_of_both_streams() -> None:
    torch.manual_seed(0)
    fuse = fusion.AttentionFusion(8).eval()
    first, second = torch.randn(2, 3, 8, 4, 4)
    with torch.no_grad():
        found = fuse(first, second)
        assert bool((found <= torch.maximum(first, second) + 1e-6).all())
        assert bool((found >= torch.minimum(first, second) - 1e-6).all())
        torch.testing.assert_close(fuse(first, first), first)
