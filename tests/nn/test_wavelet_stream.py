"""The stream stands beside a backbone, is told frequencies, and forgives gaps."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
networks = pytest.importorskip("support.networks")
stream_of = pytest.importorskip("clinigait.nn.wavelet_stream")
nn = pytest.importorskip("clinigait.nn")

_KINDS = pytest.mark.parametrize("kind", ["gaitmixer", "gaitformer", "gaitgraph"])
RATE_HZ = 30.0


def _stream(**changes: object):
    torch.manual_seed(0)
    settings = {"joints": 5, "coordinates": 2, "rate_hz": RATE_HZ, "channels": 4, "embedding": 8}
    made = stream_of.WaveletStream(stream_of.WaveletSettings(**{**settings, **changes}))
    return made.eval()


def _swinging(hz: float, frames: int = 90, count: int = 1) -> torch.Tensor:
    time_s = torch.arange(frames) / RATE_HZ
    swing = torch.sin(2 * math.pi * hz * time_s + torch.arange(5.0)[:, None])
    places = torch.stack([swing, torch.arange(5.0)[:, None] + 0.3 * swing])
    return places.transpose(1, 2).expand(count, -1, -1, -1).clone()


@_KINDS
def test_the_backbone_says_what_it_says_alone(kind: str) -> None:
    beside = networks.settled(networks.SPECS[f"{kind}, wavelet"])
    plain = networks.settled(networks.SPECS[kind], seed=5)
    shared = {k: v for k, v in beside.state_dict().items() if k in plain.state_dict()}
    own = {k: v for k, v in shared.items() if not k.startswith("neck")}
    assert set(plain.state_dict()) - set(own) <= {k for k in plain.state_dict() if "neck" in k}
    plain.load_state_dict({**plain.state_dict(), **own})
    batch = networks.batch_for(networks.SPECS[kind], (12, 30))
    with torch.no_grad():
        wanted, found = plain(**batch).parts, beside(**batch).parts
    torch.testing.assert_close(found[:, : wanted.shape[1]], wanted)
    assert found.shape[1] == wanted.shape[1] + 24


def test_another_tempo_is_another_descriptor_and_another_phase_is_not() -> None:
    stream = _stream()
    with torch.no_grad():
        slow, later, fast = (
            stream(x) for x in (_swinging(1.5), _swinging(1.5).roll(20, 2), _swinging(3.0))
        )
    assert float((slow - fast).norm()) > 5 * float((slow - later).norm())


def test_lengths_are_in_torsos_where_a_torso_is_known() -> None:
    x = _swinging(2.0)
    with torch.no_grad():
        for torso, alike in (((0, 4), True), ((), False)):
            stream = _stream(torso=torso)
            assert torch.allclose(stream(x), stream(3 * x), atol=1e-5) == alike


def test_a_gap_of_a_joint_is_bridged_and_never_seen_joints_are_average() -> None:
    stream, whole = _stream(), _swinging(1.5)
    short, lost = whole.clone(), whole.clone()
    short[..., 40:43, 2] = math.nan
    lost[..., 2] = math.nan
    with torch.no_grad():
        plain, bridged, without = stream(whole), stream(short), stream(lost)
    assert bool(bridged.isfinite().all())
    assert bool(without.isfinite().all())
    assert float((bridged - plain).norm()) < float((without - plain).norm())


def test_velocities_are_central_differences() -> None:
    stream, mask = _stream(), torch.ones(1, 60, dtype=torch.bool)
    time_s = torch.arange(60) / RATE_HZ
    x = (0.5 * time_s**2)[None, None, :, None].expand(1, 2, 60, 5)
    speed, seen = stream.velocities(x, mask)
    # The velocity of a steady acceleration is a straight line, and that is taken off.
    assert float(speed[..., 1:-1].abs().max()) < 0.02
    assert bool(seen.all())


def test_the_scale_comes_from_those_who_teach() -> None:
    stream = _stream()
    walks = [_swinging(hz)[0] for hz in (1.0, 2.0, 4.0)]
    stream.standardise_by(walks)
    values = []
    for walk in walks:
        shown, known, _ = stream.scalograms(walk[None], torch.ones(1, 90, dtype=torch.bool))
        normal = (shown - stream.mean[:, None, None]) / stream.spread[:, None, None]
        values.append(normal[0].flatten(1)[:, known[0, 0].flatten()])
    every = torch.cat(values, 1)
    assert every.mean(1) == pytest.approx(torch.zeros(10), abs=1e-3)
    assert every.std(1) == pytest.approx(torch.ones(10), abs=1e-2)
    assert {"mean", "spread"} <= set(stream.state_dict())


@pytest.mark.parametrize(
    ("wavelet", "message"),
    [
        ({"channels": 8}, "gaitmixer.wavelet needs the setting 'rate_hz'"),
        ({"rate_hz": 1}, "1 frames/s are too few"),
        ({"rate_hz": 30, "coordinates": 4}, "coordinates has to be at most in_channels, 3"),
        ({"rate_hz": 30, "torso": [0, 17]}, "torso has to name two of the joints 0 to 16"),
        ({"rate_hz": 30, "torso": [3]}, "torso has to name two"),
        ({"rate_hz": 30, "scales": 4}, "gaitmixer.wavelet has no setting 'scales'"),
        (30, "wavelet has to be settings by name"),
    ],
)
def test_a_mistake_in_its_settings_is_named(wavelet: object, message: str) -> None:
    spec = {"kind": "gaitmixer", "classes": 3, "joints": 17, "in_channels": 3, "wavelet": wavelet}
    with pytest.raises(ValueError, match=message) as caught:
        nn.build_network(spec)
    assert "\n" not in str(caught.value)
