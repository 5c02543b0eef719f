"""A network that looks at one region of the body in one phase, and what it is asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinigait.core import GAIT_PHASES, Card, InputSpec, Walk
from clinigait.explain.regions import NUMBER
from clinigait.explain.seen import SeenWalk, see
from clinigait.gait.measure import measure
from clinigait.io.bundle import Bundle
from clinigait.io.protocol import load_protocol
from support import bundles
from support.walker import Gait, synthetic_walk

torch = pytest.importorskip("torch", reason="models are not installed")
pytest.importorskip("captum", reason="models are not installed")

from clinigait.nn import GaitOutput  # noqa: E402

REGION, PHASE = "feet", "left_single"
_INPUTS = (InputSpec("skeleton_maps", {"rate_hz": 10, "min_frames": 5}),)
_WEIGHT = 40.0


class Gates(torch.nn.Module):
    """Logits are linear: the mean of four gated copies of the pictures, and weights of those."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.gates = torch.nn.Parameter(torch.randn(4, *shape))
        self.weights = torch.nn.Parameter(_WEIGHT * torch.randn(classes, 4))

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, vector: torch.Tensor | None = None
    ) -> GaitOutput:
        features = torch.stack([(x * gate).sum(1) for gate in self.gates], 1)
        parts = features.mean(dim=(2, 3, 4))[..., None]
        logits = torch.einsum("nci,kc->nki", parts, self.weights)
        return GaitOutput(parts, parts, logits, features)


def walk() -> tuple[Walk, tuple[Any, ...], Any]:
    """Return a walk from the side, its events and the side near the camera."""
    made = synthetic_walk(Gait(duration_s=4.0))
    found = measure(made, load_protocol("walk_sagittal"))
    return made, found.events, found.near_side


def card(**changes: Any) -> Card:
    """Return a card of one network that sees skeleton maps of the whole walk."""
    entry = {
        "spec": {"kind": "gates"}, "inputs": ["skeleton_maps"], "window_frames": None,
        "hop_frames": None, "mirror": False,
    }  # fmt: skip
    return bundles.card(inputs=_INPUTS, networks=({**entry, **changes},))


def seen() -> SeenWalk:
    """Return the walk as the network sees it."""
    made, events, near_side = walk()
    return see(made, card(), events, near_side)


def plant(monkeypatch: pytest.MonkeyPatch, *, taught: bool, seed: int = 0) -> Bundle:
    """Return a bundle whose network looks where it should, or nowhere in particular."""
    found = seen()
    frames = found.clip.frames["skeleton_maps"]
    shape = frames.shape[1], len(frames), *frames.shape[2:]
    one = torch.from_numpy(
        (found.labels["skeleton_maps"] == NUMBER[REGION])
        & (found.phases == GAIT_PHASES.index(PHASE))[:, None, None]
    )
    assert one.any()

    def build(spec: object) -> Gates:
        return Gates(shape, 3)

    def load(spec: object, arrays: object) -> torch.nn.Module:
        with torch.random.fork_rng():
            torch.manual_seed(1000 + seed)
            network = Gates(shape, 3)
        if taught:
            with torch.no_grad():
                network.gates.zero_()
                network.gates[0] = 20.0 * one.float()
                network.weights.zero_()
                network.weights[0, 0] = _WEIGHT
        return network.eval()

    monkeypatch.setattr("clinigait.explain.networks.build_network", build)
    monkeypatch.setattr("clinigait.explain.networks.load_network", load)
    return Bundle(card(), {}, Path())


def table(saliency: Any, name: str = "share") -> dict[tuple[str, str], float]:
    """Return a table by names of region and phase."""
    values = np.array(getattr(saliency, name))
    return {
        (region, phase): float(values[r, p])
        for r, region in enumerate(saliency.regions)
        for p, phase in enumerate(saliency.phases)
    }
