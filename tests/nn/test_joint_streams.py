"""Loads as a second stream of the networks of skeletons."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
networks = pytest.importorskip("support.networks")
build = pytest.importorskip("clinigait.nn.build")
streams = pytest.importorskip("clinigait.nn.joint_streams")

KINDS = ("gaitmixer", "gaitformer", "gaitgraph")


def _spec(kind: str, fusion: str) -> dict[str, object]:
    return {**networks.SPECS[kind], "in_channels": 9, "loads": 3, "load_fusion": fusion}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fusion", streams.FUSIONS)
def test_a_batch_says_of_each_walk_what_it_says_of_it_alone(kind: str, fusion: str) -> None:
    spec = _spec(kind, fusion)
    model, batch = networks.settled(spec), networks.batch_for(spec, (12, 7, 1), padding=1e3)
    with torch.no_grad():
        together = model(**batch)
        for row in range(3):
            single = model(**networks.alone(batch, row))
            assert networks.difference(together, row, single) < 1e-5


@pytest.mark.parametrize("fusion", streams.FUSIONS)
def test_the_loads_are_seen_and_the_motion_too(fusion: str) -> None:
    spec = _spec("gaitmixer", fusion)
    model, batch = networks.settled(spec), networks.batch_for(spec, (12,))
    with torch.no_grad():
        usual = model(**batch).logits
        for part in (slice(0, 6), slice(6, 9)):
            other = {**batch, "x": batch["x"].clone()}
            other["x"][:, part] += torch.randn_like(other["x"][:, part])
            assert float((model(**other).logits - usual).abs().max()) > 1e-3


@pytest.mark.parametrize("fusion", streams.FUSIONS)
def test_every_weight_of_both_streams_learns(fusion: str) -> None:
    spec = _spec("gaitgraph", fusion)
    model, batch = networks.settled(spec).train(), networks.batch_for(spec, (12, 9))
    model(**batch).logits.square().sum().backward()
    still = [
        name
        for name, weight in model.stem.named_parameters()
        if weight.grad is None or not bool(weight.grad.abs().sum() > 0)
    ]
    # A constant that all joints' keys share leaves attention as it is.
    assert [name for name in still if "to_key_value.bias" not in name] == []


def test_the_gate_lies_between_its_two() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 5, 8, 17)
    found = streams.Gate(8)(first, second)
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    assert bool(((found >= low - 1e-6) & (found <= high + 1e-6)).all())


def test_joints_in_another_order_are_attended_to_alike() -> None:
    torch.manual_seed(0)
    attention, order = streams.CrossAttention(16), torch.randperm(17)
    first, second = torch.randn(2, 5, 16, 17)
    moved = attention(first[..., order], second[..., order])
    torch.testing.assert_close(moved, attention(first, second)[..., order])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"loads": 9}, "less than in_channels"),
        ({"loads": -1}, "at least 0"),
        ({"load_fusion": "sum"}, "concat, gate, attention"),
        ({"loads": 0, "load_fusion": "gate"}, "no setting 'load_fusion'"),
    ],
)
def test_an_impossible_stream_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build.build_network({**_spec("gaitmixer", "concat"), **changed})


def test_without_loads_the_network_is_the_one_it_was() -> None:
    spec = networks.SPECS["gaitmixer"]
    here, there = networks.settled(spec), networks.settled({**spec, "loads": 0})
    assert here.state_dict().keys() == there.state_dict().keys()
    assert not any("fusion" in name for name in here.state_dict())
