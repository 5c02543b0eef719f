"""What is particular to the networks of skeletons."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
gaitmixer = pytest.importorskip("clinigait.nn.gaitmixer")
gaitgraph = pytest.importorskip("clinigait.nn.gaitgraph")
networks = pytest.importorskip("support.networks")


def test_the_past_of_a_sequence_is_the_sequence_mirrored() -> None:
    lengths = torch.tensor([6, 3, 2, 1])
    found = gaitmixer.mirrored_places(lengths, 6, 4)
    assert found.tolist() == [[4, 3, 2, 1], [0, 1, 2, 1], [0, 1, 0, 1], [0, 0, 0, 0]]


def test_for_long_sequences_the_past_is_that_of_reflection_padding() -> None:
    x = torch.randn(1, 2, 40, 3)
    places = gaitmixer.mirrored_places(torch.tensor([40]), 40, 30)[0]
    padded = torch.nn.functional.pad(x, (0, 0, 30, 0), mode="reflect")
    assert torch.equal(torch.cat([x[:, :, places], x], 2), padded)


def test_each_frame_of_a_temporal_block_sees_the_past_only() -> None:
    spec = networks.SPECS["gaitmixer"]
    model, batch = networks.settled(spec), networks.batch_for(spec, (60,))
    changed = batch | {"x": batch["x"].clone()}
    changed["x"][:, :, 50:] += 1
    with torch.no_grad():
        here, there = (model(**given).features for given in (batch, changed))
    torch.testing.assert_close(here[:, :, :50], there[:, :, :50])
    assert not torch.allclose(here[:, :, 50:], there[:, :, 50:])


def test_graphs_hold_the_joints_at_each_distance() -> None:
    graphs = gaitgraph.hop_graphs(4, [[0, 1], [1, 2], [2, 3]])
    near = graphs > 0
    assert torch.equal(near[0], torch.eye(4).bool())
    assert near[1].nonzero().tolist() == [[0, 1], [1, 0], [1, 2], [2, 1], [2, 3], [3, 2]]
    assert near[2].nonzero().tolist() == [[0, 2], [1, 3], [2, 0], [3, 1]]
    assert graphs.sum((0, 1)).tolist() == pytest.approx([1] * 4)


def test_joints_of_another_order_are_the_same_skeleton() -> None:
    spec = networks.SPECS["gaitgraph"]
    order = [3, 1, 0, 2, *range(4, 17)]  # new place of each joint
    moved = {**spec, "edges": [[order[a], order[b]] for a, b in networks.EDGES]}
    here, there = networks.settled(spec), networks.settled(moved)
    x = networks.batch_for(spec, (8,))["x"]
    with torch.no_grad():
        wanted = here(x).logits
        found = there(x[..., torch.tensor(order).argsort()]).logits
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_the_residual_graph_network_has_39_layers() -> None:
    model = networks.settled(networks.SPECS["gaitgraph"])
    kinds = (torch.nn.Conv2d, gaitgraph.GraphConv)
    middle = [module for module in model.modules() if isinstance(module, kinds)]
    narrow = [
        module
        for name, module in model.named_modules()
        if name.endswith((".down.linear", ".up.linear"))
    ]
    assert len(middle) + len(narrow) + 1 == 39  # and the embedding


@pytest.mark.parametrize(("frames", "kept"), [(1, 1), (4, 1), (5, 2), (16, 4)])
def test_the_graph_network_keeps_every_fourth_frame(frames: int, kept: int) -> None:
    spec = networks.SPECS["gaitgraph"]
    with torch.no_grad():
        output = networks.settled(spec)(**networks.batch_for(spec, (frames,)))
    assert output.features.shape[2] == kept


def test_frames_in_another_order_change_a_network_that_looks_along_time() -> None:
    for name in ("gaitmixer", "gaitformer", "gaitgraph", "deepgaitv2_p3d", "gaitbase"):
        spec = networks.SPECS[name]
        model, x = networks.settled(spec), networks.batch_for(spec, (9,))["x"]
        with torch.no_grad():
            gap = float((model(x).logits - model(x.flip(2)).logits).abs().max())
        assert (gap > 1e-4) == (name != "gaitbase"), name
