"""What is particular to the network of body proportions, velocities and motion."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
multi_branch = pytest.importorskip("clinigait.nn.multi_branch")
networks = pytest.importorskip("support.networks")
nn = pytest.importorskip("clinigait.nn")

#: A stick with a torso of 2, an arm of 1 and a leg of 3: shoulder, hip, hand, foot.
STICK = multi_branch.BranchedSkeleton(4, 2, ((0, 2), (1, 3)), ((0,), (1,)))


def _stick(frames: int = 3) -> torch.Tensor:
    rest = torch.tensor([[0.0, 2.0], [0.0, 0.0], [1.0, 2.0], [0.0, -3.0]])  # (J, C)
    return rest.T[None, :, None].repeat(1, 1, frames, 1)


def _read(name: str, points: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    mask = torch.ones(len(points), points.shape[2], dtype=torch.bool) if mask is None else mask
    return multi_branch.BRANCHES[name][0](points, torch.full((len(points),), 2.0), mask, STICK)


def test_proportions_are_lengths_over_the_torso() -> None:
    points = _stick()
    points[0, 0, 2, 2] = 2.0  # in the last frame the arm is twice as long
    read = _read("proportion", points)
    torch.testing.assert_close(read[0, 1], torch.tensor([[0.5, 1.5], [0.5, 1.5], [1.0, 1.5]]))
    torch.testing.assert_close(read[0, 0], torch.tensor([[2 / 3, 1.5]]).expand(3, 2))


def test_velocities_are_in_torso_lengths_of_a_frame() -> None:
    points = _stick() + torch.arange(3.0)[None, None, :, None] * torch.tensor([0.4, 0.0]).view(
        2, 1, 1
    )
    read = _read("velocity", points)
    torch.testing.assert_close(read[0, 0], torch.full((3, 4), 0.2))
    torch.testing.assert_close(read[0, 1], torch.zeros(3, 4))


def test_motion_knows_directions_and_no_lengths() -> None:
    points = _stick()
    longer = points.clone()
    longer[0, 1, :, 3] *= 4  # the foot, straight down
    torch.testing.assert_close(_read("motion", points), _read("motion", longer))
    assert not torch.allclose(_read("proportion", points), _read("proportion", longer))
    assert _read("motion", points)[0, :2, 0].T.tolist() == [[1, 0], [0, -1]]
    assert float(_read("motion", points)[0, 2:].abs().max()) == 0


def test_a_single_frame_stands_still() -> None:
    points, mask = _stick(), torch.tensor([[True, False, False]])
    assert float(_read("velocity", points, mask)[:, :, 0].abs().max()) == 0


@pytest.mark.parametrize("factor", [0.01, 1.0, 250.0])
def test_where_a_body_is_and_how_large_does_not_matter(factor: float) -> None:
    spec = networks.SPECS["multi_branch"]
    model, x = networks.settled(spec), networks.batch_for(spec, (9,))["x"]
    with torch.no_grad():
        here, there = model(x).logits, model(factor * (x + 3.0)).logits
    torch.testing.assert_close(here, there, atol=2e-3, rtol=2e-3)


def test_weights_of_the_branches_add_up_to_one() -> None:
    fusion = multi_branch.BranchFusion(3, 8)
    weights = fusion.weights(torch.randn(5, 3, 8))
    torch.testing.assert_close(weights.sum(1), torch.ones(5, 8))


def test_it_is_resnet_50() -> None:
    """The published size, 25,557,032 parameters, less its classifier of 1000 photographs."""
    from clinigait.nn.resnet import ResNet50  # needs transformers

    made = ResNet50(3, 64)
    assert sum(p.numel() for p in made.parameters()) == 25_557_032 - 2048 * 1000 - 1000
    with torch.no_grad():
        y, _ = made.eval()(torch.zeros(1, 3, 60, 17), None)
    assert y.shape == (1, 2048, 8, 3)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"torso": [[5, 6]]}, "torso has to name"),
        ({"torso": [[], [1]]}, "joints at both ends"),
        ({"edges": [[0, 17]]}, "joints from 0 to 16"),
        ({"edges": [[3, 3]]}, "two different joints"),
        ({"edges": []}, "needs bones"),
        ({"branches": ["shape"]}, "some of proportion, velocity, motion"),
        ({"branches": []}, "some of proportion, velocity, motion"),
    ],
)
def test_impossible_skeletons_are_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        nn.build_network({**networks.SPECS["multi_branch"], **change})


def test_another_skeleton_is_refused() -> None:
    model = networks.settled(networks.SPECS["multi_branch"])
    with pytest.raises(ValueError, match="made for skeletons"):
        model(torch.zeros(1, 3, 4, 16))
