"""Maps are those of the literature, add up, and do not depend on what they are computed with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import SALIENCY_METHODS, InputSpec, RefusedError, SaliencyMethod, opposite
from support import bundles, planted
from support.walker import Gait, synthetic_space_walk

torch = pytest.importorskip("torch", reason="models are not installed")
captum = pytest.importorskip("captum.attr", reason="models are not installed")

from clinigait.explain.methods import maps_of  # noqa: E402
from clinigait.explain.networks import (  # noqa: E402
    Part,
    log_probabilities,
    parts_of,
    spec_of,
    voices_of,
)
from clinigait.explain.seen import SeenWalk, by_phase, cells, see  # noqa: E402
from clinigait.io.bundle import read_bundle  # noqa: E402
from clinigait.models.scoring import NetworkScorer, Scorer  # noqa: E402
from clinigait.representations.skeleton_inputs import mirror_angles  # noqa: E402
from support.networks import settled  # noqa: E402

_WINDOWS = {
    "spec": {"kind": "gaitbase", "in_channels": 2, "channels": 2, "parts": 4},
    "window_frames": 8, "hop_frames": 8,
}  # fmt: skip


def _small(**changes: object) -> tuple[SeenWalk, list[NetworkScorer], list[Part]]:
    card = planted.card(**_WINDOWS, **changes)
    walk, events, near = planted.walk()
    seen = see(walk, card, events, near)
    voices = [NetworkScorer(settled(spec_of(card, 0)), card.networks[0])]
    return seen, voices, parts_of(seen, card, voices, None)


@pytest.mark.parametrize("method", SALIENCY_METHODS)
def test_a_batch_gives_what_its_windows_give_alone(method: SaliencyMethod) -> None:
    seen, voices, (part,) = _small()
    assert len(part) > 2
    together = maps_of(method, [part], voices, 0, seen, 4)["skeleton_maps"]
    alone = [
        replace(part, x=part.x[[n]], baseline=part.baseline[[n]], starts=part.starts[n : n + 1])
        for n in range(len(part))
    ]
    single = maps_of(method, alone, voices, 0, seen, 4)["skeleton_maps"]
    assert together.any()
    assert np.allclose(together, single, atol=1e-4 * np.abs(together).max())


def test_integrated_gradients_add_up_to_what_they_explain() -> None:
    seen, voices, parts = _small()
    maps = maps_of("integrated_gradients", parts, voices, 1, seen, 64)
    full, empty = (
        log_probabilities(parts, voices, xs)[1] for xs in (None, [p.baseline for p in parts])
    )
    assert maps["skeleton_maps"].sum() == pytest.approx(full - empty, abs=0.02)


def test_grad_cam_is_that_of_captum() -> None:
    seen, voices, (part,) = _small()

    class Upper(torch.nn.Module):
        """The network from its features on, behind a layer that Captum can find."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Identity()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            net = voices[0].module
            from clinigait.nn.frames import Frames

            features = self.layer(net.backbone(net.stem(Frames.of(x))).padded())
            mask = torch.ones(x.shape[0], x.shape[2], dtype=torch.bool)
            pooled = net.temporal_pooling(features, mask)
            _, logits = net.neck(net.head(net.part_pooling(pooled)))
            return logits.mean(-1).log_softmax(-1)

    upper = Upper()
    theirs = captum.LayerGradCam(upper, upper.layer).attribute(
        part.x.clone().requires_grad_(), target=2, relu_attributions=True
    )
    ours = maps_of("grad_cam", [part], voices, 2, seen)["skeleton_maps"]
    first = torch.nn.functional.interpolate(theirs, part.x.shape[2:], mode="trilinear")[0, 0]
    assert np.allclose(ours[: part.length], part.weight * first.detach().numpy(), atol=1e-6)


def test_occlusion_says_what_the_loss_of_a_region_changes() -> None:
    seen, voices, (part,) = _small()
    found = cells(seen, maps_of("occlusion", [part], voices, 0, seen))
    moments = seen.moments(0.5)[: part.length]
    frames = np.flatnonzero(moments == moments[-1])
    column = seen.region_names.index("trunk")
    gone = (seen.labels["skeleton_maps"] == seen.regions[column])[: part.length]
    gone &= np.isin(np.arange(part.length), frames)[:, None, None]
    x = part.x.clone()
    x[0][:, torch.from_numpy(gone)] = 0
    change = log_probabilities([part], voices) - log_probabilities([part], voices, [x])
    assert found[frames, column].sum() == pytest.approx(change[0], abs=1e-5)


def test_a_network_that_looks_twice_tells_where_the_walk_itself_has_it() -> None:
    seen, voices, parts = _small(mirror=True)
    assert [part.mirror for part in parts] == [False, True]
    maps = maps_of("integrated_gradients", parts, voices, 0, seen, 4)["skeleton_maps"]
    drawn = seen.clip.frames["skeleton_maps"].any(axis=1)
    assert not maps[~drawn].any()


@pytest.fixture(scope="module")
def angles() -> tuple[SeenWalk, list[NetworkScorer], object]:
    bundle = read_bundle("pathology_skeleton")
    walk = synthetic_space_walk(Gait(duration_s=4.0, noise_px=2.0))
    return see(walk, bundle.card, (), None), voices_of(bundle), bundle


def test_an_ensemble_is_explained_as_it_judges(angles) -> None:
    seen, voices, bundle = angles
    assert len(voices) == 3
    found = log_probabilities(parts_of(seen, bundle.card, voices, None), voices)
    assert np.allclose(found, Scorer(bundle).score([seen.clip]), atol=1e-4)


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_the_mirror_image_of_a_walk_has_the_mirror_image_of_its_table(
    angles, method: SaliencyMethod
) -> None:
    seen, voices, bundle = angles
    halves = np.arange(len(seen.phases)) * 4 // len(seen.phases)
    turned = np.array([2, 3, 0, 1, 4])
    seen = replace(seen, phases=halves)
    frames = {"gait_angles": mirror_angles(seen.clip.frames["gait_angles"])}
    mirrored = replace(seen, clip=replace(seen.clip, frames=frames), phases=turned[halves])
    tables = []
    for one in (seen, mirrored):
        parts = parts_of(one, bundle.card, voices, None)
        tables.append(
            by_phase(cells(one, maps_of(method, parts, voices, 3, one, 8)), one.phases, 5)
        )
    names = seen.region_names
    partner = [names.index(_other_side(name)) for name in names]
    assert "left_foot" in names
    assert np.allclose(tables[1], tables[0][partner][:, turned], atol=2e-3)


def _other_side(name: str) -> str:
    side, _, rest = name.partition("_")
    return f"{opposite(side)}_{rest}" if rest else name  # type: ignore[arg-type]


def test_grad_cam_needs_features_with_places(angles) -> None:
    seen, voices, bundle = angles
    parts = parts_of(seen, bundle.card, voices, None)
    with pytest.raises(RefusedError, match="map of features with places") as refused:
        maps_of("grad_cam", parts, voices, 0, seen)
    assert refused.value.refused.code == "no_feature_map"


@pytest.mark.parametrize("method", SALIENCY_METHODS)
def test_walks_in_colour_and_depth_are_explained(method: SaliencyMethod) -> None:
    spec = {"kind": "rgbd_fusion", "width": 0.25, "embedding": 32}
    card = bundles.card(
        inputs=(InputSpec("rgbd"),),
        networks=({"spec": spec, "inputs": ["rgbd"], "window_frames": 4, "hop_frames": 4,
                   "mirror": False},),
    )  # fmt: skip
    from clinigait.representations.clip import Clip

    rng = np.random.default_rng(0)
    frames = rng.integers(1, 255, (8, 4, 64, 64)).astype(np.uint8)
    frames[:, 3, :8] = 0  # a hole in the depth
    clip = Clip({"rgbd": frames}, {"modalities": np.ones(2, np.float32)}, np.arange(8) / 10)
    labels = np.full((8, 64, 64), 1, np.uint8)
    labels[:, 32:] = 7
    seen = SeenWalk(clip, {"rgbd": labels}, np.zeros(8, int))
    voices = [NetworkScorer(settled(spec_of(card, 0)), card.networks[0])]
    parts = parts_of(seen, card, voices, None)
    maps = maps_of(method, parts, voices, 0, seen, 4)
    assert maps["rgbd"].shape == (8, 64, 64)
    assert np.isfinite(maps["rgbd"]).all()
    assert maps["rgbd"].any()
    assert parts[0].baseline[:, 3].unique().tolist() == [0.0, 0.5]
