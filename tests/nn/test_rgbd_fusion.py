"""Colour and depth: a missing modality is a masked one, and nothing else gets in."""

from __future__ import annotations

import math
import time

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
nn = pytest.importorskip("clinigait.nn")
networks = pytest.importorskip("support.networks")
areas = pytest.importorskip("clinigait.nn.areas")

_SPEC = {"kind": "rgbd_fusion", "classes": 3, "width": 0.25, "embedding": 32}
_BOTH = pytest.mark.parametrize("fusion", ["neck", "early"])
COLOUR, DEPTH = [1.0, 0.0], [0.0, 1.0]


def _walks(count: int = 3, frames: int = 4) -> torch.Tensor:
    torch.manual_seed(5)
    return networks.coloured_depth(count, frames)


def _outputs(output: nn.GaitOutput) -> list[torch.Tensor]:
    return [output.parts, output.parts_bn, output.logits, output.features, output.tokens]


@_BOTH
@pytest.mark.parametrize("temporal", ["gru", "tcn"])
@pytest.mark.parametrize(("there", "missing"), [(COLOUR, slice(3, 4)), (DEPTH, slice(0, 3))])
@pytest.mark.parametrize("stands", [0.0, 1.0, 1e4, math.nan, math.inf])
def test_what_stands_in_the_place_of_a_missing_modality_changes_nothing(
    fusion: str, temporal: str, there: list[float], missing: slice, stands: float
) -> None:
    model = networks.settled({**_SPEC, "fusion": fusion, "temporal": temporal})
    x, vector = _walks(2), torch.tensor([there, there])
    other = x.clone()
    other[:, missing] = stands
    with torch.no_grad():
        wanted, found = model(x, None, vector), model(other, None, vector)
    for ours, theirs in zip(_outputs(found), _outputs(wanted), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("fusion", "missing"), [("colour", slice(3, 4)), ("depth", slice(0, 3))])
def test_a_network_of_one_modality_does_not_look_at_the_other(fusion: str, missing: slice) -> None:
    model = networks.settled({**_SPEC, "fusion": fusion})
    x = _walks(2)
    other = x.clone()
    other[:, missing] = math.nan
    with torch.no_grad():
        assert torch.equal(model(other).logits, model(x).logits)


@_BOTH
def test_sequences_with_different_modalities_are_the_same_together_as_alone(fusion: str) -> None:
    model = networks.settled({**_SPEC, "fusion": fusion}).double()
    x, vector = _walks(5).double(), torch.tensor([DEPTH, [1.0, 1.0], COLOUR, [1.0, 1.0], DEPTH])
    mask = torch.arange(4) < torch.tensor([3, 4, 2, 1, 4])[:, None]
    batch = {"x": x, "mask": mask, "vector": vector}
    with torch.no_grad():
        together = model(**batch)
        for row in range(5):
            single = model(**networks.alone(batch, row))
            assert networks.difference(together, row, single) < 1e-12
            torch.testing.assert_close(together.tokens[row], single.tokens[0])


@_BOTH
def test_both_modalities_matter_and_so_does_that_one_is_missing(fusion: str) -> None:
    model = networks.settled({**_SPEC, "fusion": fusion})
    x = _walks(1)
    with torch.no_grad():
        found = [
            model(x, None, torch.tensor([there])).logits for there in ([1.0, 1.0], COLOUR, DEPTH)
        ]
        darker = x.clone()
        darker[:, :3] *= 0.3
        nearer = x.clone()
        nearer[:, 3] *= 0.3
        found += [model(darker).logits, model(nearer).logits]
        assert torch.equal(model(x).logits, found[0])  # no vector: both are there
    for first in range(len(found)):
        for second in range(first):
            assert not torch.allclose(found[first], found[second])


def test_missing_modalities_do_not_reach_the_statistics_of_training() -> None:
    states = []
    for stands in (0.0, 1e4):
        model = networks.settled(_SPEC).train()
        x = _walks(3)
        x[1, 3], x[2, :3] = stands, stands
        model(x, None, torch.tensor([[1.0, 1.0], COLOUR, DEPTH]))
        states.append(model.state_dict())
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=0)


def test_an_encoder_learns_only_of_sequences_that_have_its_modality() -> None:
    model = networks.settled(_SPEC).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model(_walks(2), None, torch.tensor([COLOUR, COLOUR])).logits.square().sum().backward()
    after = model.state_dict()
    of_depth = [name for name in after if name.startswith("pyramid.depth.")]
    assert all(torch.equal(before[name], after[name]) for name in of_depth)
    assert all(parameter.grad is None for parameter in model.pyramid.depth.parameters())
    name = "pyramid.colour.encoder.model.10.cv2.bn.running_mean"
    assert not torch.equal(before[name], after[name])


@pytest.mark.parametrize(
    ("fusion", "vector", "message"),
    [
        ("neck", [[1.0, 1.0], [0.0, 0.0]], "has to have colour or depth"),
        ("early", [[1.0, 1.0], [0.0, 0.0]], "has to have colour or depth"),
        ("colour", [[1.0, 1.0], DEPTH], "has to have colour:"),
        ("depth", [[1.0, 1.0], COLOUR], "has to have depth:"),
        ("neck", [[1.0, 1.0]], "0 or 1 of shape"),
        ("neck", [[1.0, 0.5], [1.0, 1.0]], "0 or 1 of shape"),
        ("neck", [[1.0, math.nan], [1.0, 1.0]], "0 or 1 of shape"),
    ],
)
def test_modalities_that_cannot_be_are_refused(
    fusion: str, vector: list[list[float]], message: str
) -> None:
    model = networks.settled({**_SPEC, "fusion": fusion})
    with pytest.raises(ValueError, match=message):
        model(_walks(2), None, torch.tensor(vector))


def test_pictures_that_cannot_be_are_refused() -> None:
    model = networks.settled(_SPEC)
    with pytest.raises(ValueError, match=r"of shape \(N, 4, T, H, W\)"):
        model(torch.rand(1, 3, 2, 64, 32))
    with pytest.raises(ValueError, match="multiples of 32"):
        model(torch.rand(1, 4, 2, 64, 44))


def test_modality_dropout_leaves_out_one_of_two_in_training_only() -> None:
    model = networks.settled({**_SPEC, "modality_dropout": 0.6})
    there = torch.ones(4000, 2, dtype=torch.bool)
    assert bool(model._kept(there).all())
    model.train()
    torch.manual_seed(3)
    kept = model._kept(there)
    assert bool(kept.any(1).all())
    assert float((~kept[:, 0]).float().mean()) == pytest.approx(0.3, abs=0.03)
    assert float((~kept[:, 1]).float().mean()) == pytest.approx(0.3, abs=0.03)
    torch.manual_seed(3)
    assert torch.equal(model._kept(there), kept)
    lone = torch.tensor([[True, False], [False, True]]).repeat(500, 1)
    assert torch.equal(model._kept(lone), lone)


def test_dropping_a_modality_is_as_if_it_were_missing() -> None:
    model = networks.settled({**_SPEC, "modality_dropout": 0.99}).train()
    x = _walks(6)
    torch.manual_seed(11)
    kept = model._kept(torch.ones(6, 2, dtype=torch.bool))
    torch.manual_seed(11)
    dropped = model(x).logits
    assert 0 < int(kept[:, 0].sum()) < 6
    same = networks.settled(_SPEC).train()
    torch.testing.assert_close(same(x, None, kept.float()).logits, dropped)


def test_the_embedding_is_one_vector_and_a_token_for_each_region() -> None:
    output = networks.settled(_SPEC)(_walks(2))
    assert output.parts.shape == (2, 32, 1)
    assert output.tokens.shape == (2, len(areas.REGIONS), 16)
    assert output.features.shape == (2, 16, 4, 8, 4)
    wanted = areas.region_means(output.features.mean(2)).transpose(1, 2)
    torch.testing.assert_close(output.tokens, wanted, atol=1e-5, rtol=1e-5)
    slope = torch.autograd.grad(output.logits[:, 0].sum(), output.tokens, allow_unused=True)
    assert slope[0] is None  # pooled over time for those who explain; the head sees every frame


@pytest.mark.parametrize("fusion", ["neck", "early", "colour", "depth"])
def test_stages_go_from_the_input_to_the_output(fusion: str) -> None:
    model = networks.settled({**_SPEC, "fusion": fusion})
    assert list(model.stages) == [
        "stem", "encoder_low", "encoder_high", "mlge", "fusion", "temporal", "head",
    ]  # fmt: skip


def test_local_and_global_extraction_can_be_left_out() -> None:
    with_it = networks.settled({**_SPEC, "mlge": True})
    without = networks.settled({**_SPEC, "mlge": False})
    kinds = [type(module).__name__ for module in without.modules()]
    assert "Mlge" not in kinds
    assert sum(p.numel() for p in without.parameters()) < sum(
        p.numel() for p in with_it.parameters()
    )


def test_frames_are_seen_in_their_order() -> None:
    for temporal in ("gru", "tcn"):
        model = networks.settled({**_SPEC, "temporal": temporal})
        x = _walks(1, frames=6)
        with torch.no_grad():
            assert not torch.allclose(model(x).parts, model(x[:, :, [3, 0, 5, 1, 4, 2]]).parts)


def test_statistics_settle_as_fast_as_asked_for() -> None:
    for spec, momentum in ((_SPEC, 0.1), ({**_SPEC, "norm_momentum": 0.03}, 0.03)):
        norms = [m for m in nn.build_network(spec).modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert {(norm.momentum, norm.eps) for norm in norms} == {(momentum, 1e-3)}


@pytest.mark.slow
def test_ten_seconds_are_scored_in_less_than_three() -> None:
    model = nn.build_network({"kind": "rgbd_fusion", "classes": 2}).eval()
    x = torch.rand(1, 4, 50, 128, 96)
    began = time.process_time()
    with torch.no_grad():
        model(x)
    assert time.process_time() - began < 2 * 3  # of two cores
