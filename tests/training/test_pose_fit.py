"""A compact HRNet learns, goes on where it was stopped, and knows how sure it may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.training.pose_set import PoseSet
from support import compacts
from support.hrnets import need_mmpose
from support.poses import spotted

torch = pytest.importorskip("torch")

from clinigait.core import WHOLEBODY_23, BadInputError  # noqa: E402
from clinigait.training.pose_batches import PoseAugment  # noqa: E402

STILL = PoseAugment(
    flip=0, rotation_deg=0, scale=0, shift=0, colour=0, cutout=0, contrast=0, saturation=0, folds=0,
    sharpness=0,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def mmpose() -> None:
    need_mmpose()
    from clinigait.perception.hrnet.stand_ins import import_mmpose

    torch.set_num_threads(1)
    import_mmpose()


def lesson(**changes):
    from clinigait.perception.hrnet.compact import CompactPlan
    from clinigait.training.pose_fit import PoseLesson, PosePlan

    plan = PosePlan(
        network=CompactPlan(**compacts.TINY), steps=6, batch=4, warm_up=2, ema=0.5, augment=STILL
    )
    return PoseLesson(replace(plan, **changes), PoseSet((spotted(8), spotted(4, seed=1))))


def fit(one, **more):
    from clinigait.training.pose_fit import fit_pose

    return fit_pose(one, **more)


def weights(fitted) -> list[np.ndarray]:
    return [value.numpy() for value in fitted.network.state_dict().values()]


def test_it_learns_what_can_be_seen() -> None:
    one = lesson(
        steps=70, batch=8, warm_up=5, rate=1e-2, ema=0.8, visibility=0.3, coarse_share=0.999
    )
    found = fit(one)
    first, last = found.curve[0], found.curve[-1]
    assert first[1] > 0.8
    assert last[1] < 0.1, "nearly all that there is to find is found"
    assert last[2] < 0.6, "and what is seen is told"
    assert not found.network.training


def test_a_fit_that_was_stopped_ends_where_it_would_have_ended(tmp_path) -> None:
    one = lesson(coarse_share=0.5, augment=PoseAugment())
    whole = fit(one)
    fit(one, kept_at=tmp_path / "state", stop_at=2)
    rest = fit(one, kept_at=tmp_path / "state")
    for a, b in zip(weights(whole), weights(rest), strict=True):
        assert np.array_equal(a, b)
    assert rest.curve == whole.curve


def test_a_fit_that_is_done_is_not_made_again(tmp_path) -> None:
    one, steps = lesson(steps=2), []
    from clinigait.training.pose_fit import Watching

    watching = Watching(progress=steps.append)
    first = fit(one, kept_at=tmp_path / "state", watching=watching)
    second = fit(one, kept_at=tmp_path / "state", watching=watching)
    assert steps == [0.5, 1.0]
    assert all(np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def test_another_seed_begins_and_draws_otherwise() -> None:
    one = lesson(steps=1)
    assert not np.array_equal(weights(fit(one))[0], weights(fit(replace(one, seed=1)))[0])


def test_a_fit_goes_on_from_the_weights_of_another() -> None:
    one = lesson(steps=2)
    begin = fit(one).network.state_dict()
    still = fit(replace(lesson(steps=1, rate=1e-12), seed=5, begin=begin))
    kernels = [key for key in begin if key.endswith("conv1.weight")]
    assert kernels
    for key in kernels:
        assert torch.allclose(still.network.state_dict()[key], begin[key], atol=1e-6)


def test_the_state_of_another_fit_is_refused(tmp_path) -> None:
    one = lesson(steps=2)
    fit(one, kept_at=tmp_path / "state", stop_at=1)
    begin = fit(one).network.state_dict()
    for other in (lesson(steps=3), replace(one, seed=7), replace(one, begin=begin)):
        with pytest.raises(BadInputError, match="state holds the state of another fit"):
            fit(other, kept_at=tmp_path / "state")
    assert fit(one, kept_at=tmp_path / "state").curve


def test_every_crop_comes_once_before_any_comes_again() -> None:
    from clinigait.training.pose_fit import _Bout

    bout = _Bout(lesson(), None, "cpu")
    seen = []
    for step in range(6):
        bout.step = step
        seen += bout._rows().tolist()
    assert sorted(seen[:12]) == sorted(seen[12:]) == list(range(12))
    assert seen[:12] != seen[12:]


def test_crops_that_lie_on_the_device_are_the_same() -> None:
    from clinigait.training.pose_fit import _Store

    learners, which = lesson().learners, np.array([11, 3, 8, 3])
    mapped, held = (_Store(learners, "cpu", room).batch(which) for room in (0, 1e9))
    for name in ("crops", "keypoints_px", "weight", "visible"):
        assert torch.equal(getattr(mapped, name), getattr(held, name))


def test_the_rate_rises_and_falls() -> None:
    from clinigait.training.pose_fit import PosePlan

    plan = PosePlan(steps=100, warm_up=10, rate=1.0)
    rates = [plan.rate_at(step) for step in range(101)]
    assert max(rates) == rates[10] == 1
    assert rates[:10] == sorted(rates[:10])
    assert rates[-1] == pytest.approx(0)


def test_looks_see_the_network_that_counts() -> None:
    from clinigait.training.pose_fit import Watching

    looks = []

    def look(step, network, half) -> None:
        looks.append((step, network.training, half))

    fit(lesson(coarse_share=0.6), watching=Watching(look=look, look_every=3))
    assert looks == [(3, False, True), (6, False, False)]


# ---------------------------------------------------------------- judging


def scores(logits: np.ndarray, visible: np.ndarray):
    from clinigait.training.pose_judge import PoseScores

    return PoseScores(WHOLEBODY_23, np.full(logits.shape, np.nan), logits, visible)


def test_places_are_judged_in_percent_of_the_stature() -> None:
    from clinigait.training import pose_judge
    from clinigait.training.pose_batches import heatmaps

    people = spotted(6)
    people.weight[:, 3] = 0.3

    class Knows(torch.nn.Module):
        layout = WHOLEBODY_23

        def forward(self, crops):
            points = torch.from_numpy(people.keypoints_px) + torch.tensor([4.0, 0.0])
            maps = heatmaps(points, torch.tensor([192.0, 256.0]), (48, 64), 2.0)
            return maps, torch.full((6, 23), 3.0)

    found = pose_judge.judged(Knows(), PoseSet((people,)))
    assert np.isnan(found.error_pct[:, 3]).all(), "guesses are not judged"
    assert np.nanmedian(found.error_pct) == pytest.approx(2.0, abs=0.2), "4 px of 200"
    told = found.metrics(1.0)
    assert told["within_5_pct"] == 1
    assert told["small_toe_median_error_pct"] == pytest.approx(2.0, abs=0.2)


def test_crops_of_half_the_size_are_judged_alike() -> None:
    from clinigait.training import pose_judge
    from clinigait.training.pose_batches import heatmaps

    people = spotted(4)

    class Knows(torch.nn.Module):
        layout = WHOLEBODY_23

        def forward(self, crops):
            assert crops.shape[2:] == (128, 96)
            points = (torch.from_numpy(people.keypoints_px) - 0.5) / 2
            maps = heatmaps(points, torch.tensor([96.0, 128.0]), (24, 32), 1.0)
            return maps, torch.full((4, 23), 3.0)

    found = pose_judge.judged(Knows(), PoseSet((people,)), half=True)
    assert np.nanmax(found.error_pct) < 0.6


def test_what_is_lost_is_far_away() -> None:
    from clinigait.training import pose_judge

    class Blind(torch.nn.Module):
        layout = WHOLEBODY_23

        def forward(self, crops):
            return torch.full((len(crops), 23, 64, 48), -1.0), torch.zeros(len(crops), 23)

    found = pose_judge.judged(Blind(), PoseSet((spotted(3),)))
    assert (found.error_pct == 100).all()


def test_the_temperature_makes_certainty_true() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, (300, 23))
    visible = (rng.random(true.shape) < 1 / (1 + np.exp(-true))).astype(float)
    boasting = scores(3 * true, visible)
    assert boasting.best_temperature() == pytest.approx(3, rel=0.1)
    assert boasting.calibration_error(3.0) < 0.02 < boasting.calibration_error(1.0)


def test_unknown_visibilities_are_left_out() -> None:
    unknown = scores(np.ones((2, 23)), np.full((2, 23), np.nan))
    assert unknown.cross_entropy(1.0) == 0
    assert unknown.calibration_error(1.0) == 0
