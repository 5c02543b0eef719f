from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from clinigait.core import BadInputError, Calibration, Card, DataUse, InputSpec, RefusedError
from clinigait.models.network_inputs import (
    MIRRORS,
    UNSIDED,
    network_frames,
    network_vector,
    window_starts,
)
from clinigait.representations.clip import Clip
from support import bundles

torch = pytest.importorskip("torch")

from clinigait.models.scoring import Scorer, load_network, softmax  # noqa: E402
from clinigait.nn import GaitOutput, build_network, precision  # noqa: E402

SPEC = {"kind": "gaitbase", "channels": 2, "parts": 4}
CLASSES = ("healthy", "ill", "very_ill")


@pytest.fixture(autouse=True)
def _in_single_precision(monkeypatch):
    """Let sums by hand be met to 1e-5; for bf16 see tests/nn/test_precision.py."""
    monkeypatch.setattr(precision, "best_precision", lambda: "f32")


def clip_of(n_frames, seed=0):
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 256, (n_frames, 1, 64, 44), dtype=np.uint8)
    return Clip({"silhouettes": frames}, {}, np.arange(n_frames) / 30)


def bundle_of(*entries, classes=CLASSES, temperature=1.0, threshold=0.6):
    arrays = {}
    networks = []
    for number, entry in enumerate(entries):
        torch.manual_seed(number)
        network = build_network({**SPEC, "classes": len(classes)})
        arrays |= {f"{number}.{k}": v.numpy() for k, v in network.state_dict().items()}
        seen = {"inputs": ["silhouettes"], "window_frames": None, "hop_frames": None}
        spec = {**SPEC, "classes": len(classes)}
        networks.append({"spec": spec, "mirror": False, **seen, **entry})
    calibration = Calibration(temperature, 0.1, dict.fromkeys(classes, threshold), 30, "by hand")
    use = DataUse("made", "nobody", "none", "synthetic", 3, 3, dict.fromkeys(classes, 1))
    card = Card(
        "made", "1", "Made", "frailty", classes, (InputSpec("silhouettes"),), tuple(networks),
        calibration, "nobody", (use,), {}, {},
    )  # fmt: skip
    return SimpleNamespace(card=card, arrays=arrays)


def by_hand(bundle, number, frames):
    network = load_network(
        bundle.card.networks[number]["spec"],
        {k[2:]: v for k, v in bundle.arrays.items() if k.startswith(f"{number}.")},
    )
    x = torch.from_numpy(frames.astype(np.float32) / 255).swapaxes(0, 1)[None]
    with torch.no_grad():
        return network(x).logits.mean(-1).log_softmax(-1)[0].double().numpy()


def test_the_score_is_the_mean_log_probability_of_windows_mirrors_and_networks():
    bundle = bundle_of(
        {"window_frames": 10, "hop_frames": 5, "mirror": True},
        {"window_frames": 10, "hop_frames": 5},
    )
    clip = clip_of(22)
    frames = clip.frames["silhouettes"]
    windows = []
    for start in (0, 5, 10, 12):
        cut = frames[start : start + 10]
        mirrored = (by_hand(bundle, 0, cut) + by_hand(bundle, 0, cut[..., ::-1].copy())) / 2
        windows.append((mirrored + by_hand(bundle, 1, cut)) / 2)
    scorer = Scorer(bundle)
    assert_allclose(scorer.window_scores(clip), windows, atol=1e-5)
    assert_allclose(scorer.score([clip]), np.mean(windows, 0), atol=1e-5)


def test_windows_cover_the_whole_walk_and_the_last_ends_with_it():
    assert window_starts(22, 10, 5) == [0, 5, 10, 12]
    assert window_starts(20, 10, 5) == [0, 5, 10]
    assert window_starts(7, 10, 5) == [0]
    assert window_starts(100, None, None) == [0]
    assert window_starts(25, 10, None) == [0, 10, 15]


def test_networks_with_unlike_windows_meet_on_the_finer_ones():
    bundle = bundle_of({}, {"window_frames": 10, "hop_frames": 10})
    clip = clip_of(30)
    frames = clip.frames["silhouettes"]
    whole = by_hand(bundle, 0, frames)
    each = [(whole + by_hand(bundle, 1, frames[s : s + 10])) / 2 for s in (0, 10, 20)]
    assert_allclose(Scorer(bundle).window_scores(clip), each, atol=1e-5)


def test_several_records_of_one_walk_count_window_by_window():
    scorer = Scorer(bundle_of({"window_frames": 10, "hop_frames": 10}))
    one, two = clip_of(10, 1), clip_of(30, 2)
    every = np.concatenate([scorer.window_scores(one), scorer.window_scores(two)])
    assert_allclose(scorer.score([one, two]), every.mean(0), atol=1e-12)


def test_the_temperature_flattens_and_the_order_stays():
    clip = clip_of(12)
    sharp, flat = Scorer(bundle_of({})), Scorer(bundle_of({}, temperature=5.0))
    p, q = sharp.probabilities([clip]), flat.probabilities([clip])
    assert_allclose([p.sum(), q.sum()], 1)
    assert (p.argsort() == q.argsort()).all()
    assert q.max() < p.max()
    assert_allclose(q, softmax(np.log(p) / 5), atol=1e-9)


def test_weights_in_half_precision_are_read():
    bundle = bundle_of({})
    whole = Scorer(bundle).score([clip_of(12)])
    half = {k: v.astype(np.float16) if v.dtype.kind == "f" else v for k, v in bundle.arrays.items()}
    again = Scorer(SimpleNamespace(card=bundle.card, arrays=half)).score([clip_of(12)])
    assert_allclose(again, whole, atol=0.05)


@pytest.mark.parametrize("harm", ["absent", "shape", "additional"])
def test_weights_of_another_network_are_refused_in_one_sentence(harm):
    bundle = bundle_of({})
    name = next(k for k in bundle.arrays if k.endswith("weight"))
    if harm == "absent":
        del bundle.arrays[name]
    elif harm == "shape":
        bundle.arrays[name] = np.zeros((1, 2), np.float32)
    else:
        bundle.arrays["0.more"] = np.zeros(1, np.float32)
    with pytest.raises(BadInputError, match="do not fit the network"):
        Scorer(bundle)


def test_too_short_and_incomplete_clips_are_refused():
    scorer = Scorer(bundle_of({"window_frames": 30, "hop_frames": 10}))
    with pytest.raises(RefusedError, match="14 usable frames; the model needs 15"):
        scorer.window_scores(clip_of(14))
    with pytest.raises(BadInputError, match="no walk"):
        scorer.score([])
    holed = Clip({"streams": np.full((9, 3, 5), np.nan, np.float32)}, {}, np.arange(9.0))
    with pytest.raises(RefusedError, match="missing"):
        network_frames(holed, ["streams"])
    with pytest.raises(BadInputError, match="not prepared"):
        network_frames(holed, ["silhouettes"])


def test_inputs_of_one_shape_are_laid_upon_each_other_in_order():
    clip = clip_of(6)
    maps = np.full((6, 2, 64, 44), 51, np.uint8)
    both = Clip({**clip.frames, "skeleton_maps": maps}, {}, clip.time_s)
    x = network_frames(both, ["skeleton_maps", "silhouettes"])
    assert x.shape == (3, 6, 64, 44)
    assert_allclose(x[:2], 0.2, atol=1e-7)
    mirrored = network_frames(both, ["silhouettes"], mirror=True)
    assert_allclose(mirrored[..., ::-1], x[2:], atol=0)


def test_reading_a_network_leaves_random_numbers_alone():
    bundle = bundle_of({})
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Scorer(bundle)
    assert torch.equal(torch.rand(3), expected)


def test_colour_and_depth_come_with_what_of_them_is_there() -> None:
    rng = np.random.default_rng(7)
    frames = rng.integers(0, 256, (6, 4, 8, 6)).astype(np.uint8)
    there = np.array([1, 0], np.float32)
    clip = Clip({"rgbd": frames}, {"modalities": there}, np.arange(6.0))
    x = network_frames(clip, ["rgbd"])
    assert (x.shape, x.dtype) == ((4, 6, 8, 6), np.float32)
    np.testing.assert_allclose(x, frames.swapaxes(0, 1) / 255, atol=1e-6)
    np.testing.assert_array_equal(network_vector(clip, ["rgbd"]), there)
    mirrored = network_frames(clip, ["rgbd"], mirror=True)
    np.testing.assert_array_equal(mirrored, x[..., ::-1])
    assert "rgbd" in MIRRORS
    assert "modalities" in UNSIDED


class SeesRegions(torch.nn.Module):
    """A network whose tokens are the mean brightness of thirds of the picture."""

    region_names = ("top", "middle", "bottom")

    def __init__(self, tokens=True):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.tokens = tokens

    def forward(self, x, mask=None, vector=None):
        thirds = torch.stack([part.mean((1, 2, 3, 4)) for part in x[..., :63, :].split(21, 3)], 1)
        tokens = torch.stack([thirds, -thirds], 2)  # (N, 3, 2)
        parts = thirds[:, :2, None] * self.weight
        logits = torch.cat([parts, parts[:, :1]], 1)
        return GaitOutput(parts, parts, logits, tokens=tokens if self.tokens else None)


def test_what_a_network_saw_of_each_region_is_the_mean_over_windows(monkeypatch):
    windows = {"window_frames": 10, "hop_frames": 5}
    bundle = bundle_of(windows)
    bundle.card = replace(bundle.card, weights_sha256="a" * 64)
    monkeypatch.setattr("clinigait.models.scoring.load_network", lambda *_: SeesRegions())
    monkeypatch.setattr("clinigait.models.scoring.fast", lambda module: module)
    scorer, clip = Scorer(bundle), clip_of(25)
    scores, looked = scorer.look(clip)
    assert_allclose(scores, scorer.window_scores(clip))
    assert looked.tokens.shape == (len(scores), 3, 2)
    found = scorer.embedding_of([looked])
    frames = clip.frames["silhouettes"][:, 0, :63].astype(float) / 255
    seen = [frames[s : s + 10] for s in (0, 5, 10, 15)]
    by_third = np.mean([[w[:, 21 * k : 21 * k + 21].mean() for k in range(3)] for w in seen], 0)
    assert_allclose(found.tokens[:, 0], by_third, atol=1e-5)
    assert_allclose(found.tokens[:, 1], -by_third, atol=1e-5)
    assert_allclose(found.vector, by_third[:2], atol=1e-5)
    assert found.regions == ("top", "middle", "bottom")
    assert (found.card_id, found.weights_sha256) == (bundle.card.id, "a" * 64)


def test_networks_that_see_no_regions_leave_no_embedding():
    scorer = Scorer(bundle_of({}))
    _, looked = scorer.look(clip_of(20))
    assert looked.tokens is None
    assert scorer.embedding_of([looked]) is None
    assert scorer.embedding_of([]) is None


def _typical(bundle, means, limit=2.0):
    size = means.shape[1]
    return {
        **bundle.arrays, "0.typical.means": means.astype(np.float32),
        "0.typical.precision": np.eye(size, dtype=np.float32),
        "0.typical.limit": np.array([limit], np.float32),
    }  # fmt: skip


def test_a_bundle_may_know_how_typical_walks_look():
    bundle, clip = bundle_of({}), clip_of(20)
    scores, looked = Scorer(bundle).look(clip)
    assert Scorer(bundle).typicality_of([looked]) is None
    own = looked.vectors.mean(axis=0)
    means = np.stack([own + 1.0, own, own - 2.0])
    means[1, 0] += 3.0
    scorer = Scorer(SimpleNamespace(card=bundle.card, arrays=_typical(bundle, means, 2.5)))
    again, looked = scorer.look(clip)
    assert_allclose(again, scores)
    found = scorer.typicality_of([looked])
    assert found.score == pytest.approx(min(3.0, np.sqrt(len(own))), rel=1e-4)
    assert found.limit == 2.5
    assert found.beyond is (found.score > 2.5)


@pytest.mark.parametrize("harm", ["classes", "precision", "limit", "missing", "length"])
def test_damaged_knowledge_of_typical_walks_is_refused(harm):
    bundle = bundle_of({})
    _, looked = Scorer(bundle).look(clip_of(20))
    size = looked.vectors.shape[1]
    arrays = _typical(bundle, np.zeros((3, size)))
    if harm == "classes":
        arrays["0.typical.means"] = np.zeros((2, size), np.float32)
    elif harm == "precision":
        arrays["0.typical.precision"] = np.zeros((size, 2), np.float32)
    elif harm == "limit":
        arrays["0.typical.limit"] = np.array([-1.0], np.float32)
    elif harm == "missing":
        del arrays["0.typical.precision"]
    else:
        arrays = _typical(bundle, np.zeros((3, size + 1)))
    made = SimpleNamespace(card=bundle.card, arrays=arrays)
    with pytest.raises(BadInputError, match="typical"):
        Scorer(made).typicality_of([looked])


# ---------------------------------------------------------------- colour and depth


def test_walks_of_colour_of_depth_and_of_both_are_scored_by_one_bundle(tmp_path) -> None:
    inputs = (InputSpec("rgbd", {"height_px": 64, "width_px": 32}),)
    spec = {"kind": "rgbd_fusion", "width": 0.25, "embedding": 16}
    scorer = Scorer(bundles.seeing(tmp_path / "model", spec=spec, inputs=inputs))
    rng = np.random.default_rng(3)
    pictures = rng.integers(1, 255, (20, 4, 64, 32), dtype=np.uint8)

    def clip(colour: int, depth: int, noise: int = 0) -> Clip:
        frames = pictures.copy()
        frames[:, :3] = frames[:, :3] if colour else noise
        frames[:, 3:] = frames[:, 3:] if depth else noise
        vectors = {"modalities": np.array([colour, depth], np.float32)}
        return Clip({"rgbd": frames}, vectors, np.arange(20) / 10)

    both, dark, flat = (scorer.window_scores(clip(*there)) for there in ((1, 1), (0, 1), (1, 0)))
    assert np.abs(both - dark).max() > 1e-4
    assert np.abs(both - flat).max() > 1e-4
    assert_allclose(scorer.window_scores(clip(0, 1, noise=200)), dark, atol=0)
    assert_allclose(scorer.window_scores(clip(1, 0, noise=200)), flat, atol=0)
    _, looked = scorer.look(clip(1, 1))
    kept = scorer.embedding_of([looked])
    assert kept.regions == ("head", "trunk", "arms", "pelvis", "thighs", "shanks", "feet")
    assert kept.tokens.shape[0] == len(kept.regions)
    assert kept.vector.shape == (16,)
