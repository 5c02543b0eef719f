"""Small networks of every kind, and batches for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from clinigait.nn import GaitModel, GaitOutput, build_network

JOINTS = 17
EDGES = [
    [0, 1], [0, 2], [1, 3], [2, 4], [0, 5], [0, 6], [5, 7], [7, 9], [6, 8], [8, 10],
    [5, 11], [6, 12], [11, 12], [11, 13], [13, 15], [12, 14], [14, 16],
]  # fmt: skip

_SKELETONS = {"classes": 3, "joints": JOINTS, "in_channels": 3}
_RGBD = {"classes": 3, "embedding": 32}
SPECS: dict[str, dict[str, object]] = {
    "gaitbase": {"kind": "gaitbase", "classes": 3, "channels": 8},
    "gaitbase, mean": {"kind": "gaitbase", "classes": 3, "channels": 8, "temporal": "mean"},
    "gaitbase, GeM": {
        "kind": "gaitbase", "classes": 3, "channels": 8, "temporal": "gem",
        "part_pooling": "gem", "parts": [8, 4],
    },
    "gaitbase, attention": {
        "kind": "gaitbase", "classes": 3, "channels": 8, "temporal": "attention",
    },
    "gaitbase, ordered": {"kind": "gaitbase", "classes": 3, "channels": 8, "order": [2, 0, 1]},
    "deepgaitv2_2d": {"kind": "deepgaitv2_2d", "classes": 3, "channels": 8},
    "deepgaitv2_p3d": {
        "kind": "deepgaitv2_p3d", "classes": 3, "channels": 8,
        "layers": [1, 2, 2, 1],
    },
    "skeletongait": {"kind": "skeletongait", "classes": 3, "channels": 8},
    "drf": {"kind": "drf", "classes": 3, "channels": 8},
    "drf, silhouettes": {"kind": "drf", "classes": 3, "channels": 8, "silhouettes": True},
    "gaitmixer": {"kind": "gaitmixer", "channels": 16, **_SKELETONS},
    "gaitformer": {"kind": "gaitformer", "channels": 16, **_SKELETONS},
    "gaitgraph": {"kind": "gaitgraph", "channels": 16, "edges": EDGES, **_SKELETONS},
    "gaitmixer, loads": {
        "kind": "gaitmixer", "channels": 16, **_SKELETONS, "in_channels": 9, "loads": 3,
    },
    "gaitformer, loads": {
        "kind": "gaitformer", "channels": 16, **_SKELETONS, "in_channels": 9, "loads": 3,
        "load_fusion": "gate",
    },
    "gaitgraph, loads": {
        "kind": "gaitgraph", "channels": 16, "edges": EDGES, **_SKELETONS, "in_channels": 9,
        "loads": 3, "load_fusion": "attention",
    },
    "either_side": {
        "kind": "either_side", "classes": 3, "in_channels": 4, "channels": 16,
        "mirror_order": [0, 2, 1, 3], "mirror_sign": [-1, 1, 1, 1],
    },
    "rgbd_fusion": {"kind": "rgbd_fusion", "width": 0.25, **_RGBD},
    "rgbd_fusion, early, TCN": {
        "kind": "rgbd_fusion", "width": 0.25, "fusion": "early", "temporal": "tcn", **_RGBD,
    },
    "rgbd_fusion, depth": {
        "kind": "rgbd_fusion", "width": 0.25, "fusion": "depth", "mlge": False, **_RGBD,
    },
}  # fmt: skip


def settled(spec: Mapping[str, object], seed: int = 0) -> GaitModel:
    """Build a network in evaluation mode whose batch norms have seen something."""
    torch.manual_seed(seed)
    model = build_network(spec).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0, 0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
            torch.nn.init.normal_(module.bias, 0, 0.3)
        elif spec["kind"] == "rgbd_fusion" and isinstance(module, torch.nn.Conv2d):
            # So deep a network would say the same of everything before it has learned.
            torch.nn.init.kaiming_normal_(module.weight)
    return model


def coloured_depth(count: int, frames: int) -> Tensor:
    """Return pictures in colour and depth of things large and small, with holes in the depth."""
    large = torch.rand(count, 4, frames, 8, 4).repeat_interleave(8, 3).repeat_interleave(8, 4)
    x = 0.1 + 0.6 * large + 0.3 * torch.rand(large.shape)
    x[:, 3][torch.rand(x[:, 3].shape) < 0.1] = 0
    return x


def batch_for(
    spec: Mapping[str, object], lengths: Sequence[int], padding: float = 0.0, seed: int = 0
) -> dict[str, Tensor]:
    """Return the arguments of `forward`: sequences of these lengths, padded with a number."""
    torch.manual_seed(seed)
    kind, longest = spec["kind"], max(lengths)
    maps = {"skeletongait": 2, "drf": 3 if spec.get("silhouettes") else 2}
    channels = spec.get("in_channels", maps.get(str(kind), 1))
    size = (JOINTS,) if "joints" in spec else (1,) if kind == "either_side" else (64, 44)
    x = torch.randn(len(lengths), channels, longest, *size)
    if kind == "rgbd_fusion":
        x = coloured_depth(len(lengths), longest)
    for row, length in enumerate(lengths):
        x[row, :, length:] = padding
    given = {"x": x, "mask": torch.arange(longest) < torch.tensor(lengths)[:, None]}
    if kind == "drf":
        given["vector"] = torch.rand(len(lengths), 24)
    if kind == "rgbd_fusion":  # both, colour only, depth only, …
        there = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
        single = spec.get("fusion") in ("colour", "depth")
        given["vector"] = there[torch.arange(len(lengths)) % (1 if single else 3)]
    return given


def alone(batch: Mapping[str, Tensor], row: int) -> dict[str, Tensor]:
    """Return one sequence of a batch without its padding."""
    length = int(batch["mask"][row].sum())
    single = {name: value[row : row + 1] for name, value in batch.items()}
    return single | {"x": single["x"][:, :, :length], "mask": single["mask"][:, :length]}


def difference(batch: GaitOutput, row: int, single: GaitOutput) -> float:
    """Return the largest difference of a row of a batch to the same alone, relative to its size."""
    worst = 0.0
    for name in ("parts", "parts_bn", "logits"):
        ours, theirs = getattr(batch, name)[row], getattr(single, name)[0]
        size = max(1.0, float(theirs.abs().max()))
        worst = max(worst, float((ours - theirs).abs().max()) / size)
    return worst
