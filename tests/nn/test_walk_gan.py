"""Networks that make walks of a label, and judge them."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from clinigait.nn.walk_gan import WalkEncoder, WalkJudge, build_decoder  # noqa: E402

SPEC = {"in_channels": 5, "frames": 16, "classes": 3, "channels": 8, "latent": 4}


@pytest.fixture
def walks() -> Tensor:
    torch.manual_seed(0)
    made = torch.randn(6, 5, 16) * torch.arange(5)[:, None]  # the first never moves
    made[:, 4] = made[:, 4, :1]
    return made


def _labels(*numbers: int) -> Tensor:
    return torch.eye(3)[list(numbers)]


def test_a_walk_becomes_a_latent_and_a_walk(walks: Tensor) -> None:
    labels = _labels(0, 1, 2, 0, 1, 2)
    mean, log_variance = WalkEncoder((5, 16), 3, 8, 4)(walks, labels)
    assert mean.shape == log_variance.shape == (6, 4)
    decoder = build_decoder(SPEC)
    decoder.standardise_by(walks)
    made = decoder.plain(decoder(mean, labels))
    assert made.shape == walks.shape
    # What never moved never moves, and the last channel is the same in all frames.
    torch.testing.assert_close(made[:, 0], walks[:, 0])
    torch.testing.assert_close(made[:, 4], made[:, 4, :1].expand(-1, 16))


def test_the_scale_is_taken_off_and_put_back(walks: Tensor) -> None:
    decoder = build_decoder(SPEC)
    decoder.standardise_by(walks)
    standard = decoder.standardised(walks)
    torch.testing.assert_close(standard[:, 1:].std(dim=(0, 2)), torch.ones(4), rtol=0.01, atol=0)
    torch.testing.assert_close(decoder.plain(standard), walks)


def test_label_and_latent_both_matter() -> None:
    torch.manual_seed(1)
    decoder = build_decoder(SPEC)
    latent = torch.randn(1, 4)
    one = decoder(latent, _labels(0))
    assert (decoder(latent, _labels(1)) - one).abs().max() > 0.01
    assert (decoder(latent + 1, _labels(0)) - one).abs().max() > 0.01


def test_the_judge_looks_at_the_label_and_is_held_by_its_norm(walks: Tensor) -> None:
    torch.manual_seed(2)
    judge = WalkJudge((5, 16), 3, 8)
    scores, guess = judge(walks, _labels(0, 0, 0, 0, 0, 0))
    assert scores.shape == (6,)
    assert guess.shape == (6, 3)
    assert (judge(walks, _labels(1, 1, 1, 1, 1, 1))[0] - scores).abs().max() > 1e-4
    for _ in range(20):  # power iterations
        judge(walks, _labels(0, 0, 0, 0, 0, 0))
    for stage in judge.stages:
        assert torch.linalg.matrix_norm(stage.weight.flatten(1), 2) < 1.1


@pytest.mark.parametrize(
    "change",
    [{"frames": 12}, {"channels": 12}, {"latent": 0}, {"classes": 1}, {"colour": 1},
     {"channels": "8"}],
)  # fmt: skip
def test_what_cannot_be_built_is_refused(change: dict) -> None:
    with pytest.raises(ValueError, match="walk_decoder"):
        build_decoder({**SPEC, **change})
