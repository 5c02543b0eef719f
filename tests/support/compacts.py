"""Tiny compact HRNets with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clinigait.perception.hrnet.card import Card, Learning, Source

#: Few channels and blocks: built, exported and trained in seconds.
TINY: dict[str, Any] = {
    "channels": (4, 8, 8, 16),
    "stem_blocks": 1,
    "stem_channels": 8,
    "modules": (1, 1, 1),
    "blocks": 1,
    "head_channels": 16,
}
LEARNING = Learning(
    learned_from="nobody: its weights are random",
    synthetic_share=1.0,
    sources=(Source(name="made pictures", licence="Apache-2.0", origin="clinigait", share=1.0),),
    confidence="nothing",
    metrics={"median_error_pct": 50.0},
    training={"steps": 0.0, "seed": 0.0},
    limits=("It knows nothing.",),
)


def tiny(seed: int = 0) -> Any:
    """Return a tiny network whose heatmaps are positive somewhere."""
    import torch

    from clinigait.perception.hrnet.compact import CompactHrnet, CompactPlan
    from clinigait.perception.hrnet.stand_ins import import_mmpose

    torch.set_num_threads(1)
    import_mmpose()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = CompactHrnet(CompactPlan(**TINY))
        with torch.no_grad():
            last, seen = network.head.final_layer, network.visibility
            seen.here.normal_(0, 0.5)
            network.eval()
            picture = torch.randn(1, 3, 256, 192)
            # Heatmaps about one half, so that there is a peak; logits about 0.
            last.weight /= network(picture)[0].std() * 3
            last.bias.fill_(0.5)
            spread = network(picture)[1].std()
            for part in (seen.here, seen.overall.weight):
                part.div_(spread)
    return network


def crops(n: int, seed: int = 0) -> np.ndarray:
    """Return crops of coloured blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (n, 8, 6, 3), np.uint8)
    return np.ascontiguousarray(blocks.repeat(32, axis=1).repeat(32, axis=2))


def write(folder: Path, *, half: bool = True, seed: int = 0) -> tuple[Any, Card]:
    """Write a tiny bundle; return the network and the card."""
    from clinigait.perception.hrnet.compact_export import Trained, export_compact

    network = tiny(seed)
    return network, export_compact(Trained(network, 1.5, LEARNING), crops(4), folder, half=half)
