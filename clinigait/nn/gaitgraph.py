"""GaitGraph: the residual graph network ResGCN-N39-R8 (arXiv:2101.11228, arXiv:2010.09978)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.convolution import initialise
from clinigait.nn.frames import Frames
from clinigait.nn.heads import PartLinear
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.pooling import JointMean
from clinigait.nn.tail import Classes, neck
from clinigait.nn.temporal import TemporalMean

_HOPS = 2
_WINDOW = 9
_REDUCTION = 8


def hop_graphs(joints: int, edges: Sequence[Sequence[int]], hops: int = _HOPS) -> Tensor:
    """Return one adjacency matrix for each distance along the skeleton, (hops + 1, J, J).

    Entry (d, i, j) is 1 / (joints within `hops` of j) where i lies at distance d of j, else 0.

    Raises
    ------
    ValueError
        If an edge does not join two different joints of the skeleton.
    """
    near = torch.eye(joints)
    for edge in edges:
        if len(set(edge)) != 2 or not all(0 <= joint < joints for joint in edge):
            raise ValueError(f"edge {list(edge)} does not join two of the joints 0 to {joints - 1}")
        near[edge[0], edge[1]] = near[edge[1], edge[0]] = 1
    reached = [torch.eye(joints)]
    for _ in range(hops):
        reached.append(((reached[-1] @ near) > 0).float())
    rings = [reached[0], *(far - close for close, far in itertools.pairwise(reached))]
    return torch.stack(rings) / reached[-1].sum(0)


class GraphConv(nn.Module):
    """One linear map for each distance along the skeleton; every edge has a learned weight.

    Parameters
    ----------
    channels_in, channels_out
        Channels.
    graphs
        (D, J, J), see `hop_graphs`.
    """

    graphs: Tensor

    def __init__(self, channels_in: int, channels_out: int, graphs: Tensor) -> None:
        super().__init__()
        self.register_buffer("graphs", graphs)
        self.importance = nn.Parameter(torch.ones_like(graphs))
        self.linear = nn.Conv1d(channels_in, len(graphs) * channels_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, J) to (M, C', J)."""
        mapped = self.linear(x).view(x.shape[0], len(self.graphs), -1, x.shape[-1])
        return torch.einsum("mdci,dij->mcj", mapped, self.graphs * self.importance)


class SpatialBlock(nn.Module):
    """Graph convolution; as a bottleneck, between two linear maps and with a residual."""

    def __init__(self, channels: tuple[int, int], graphs: Tensor, *, bottleneck: bool) -> None:
        super().__init__()
        here, there = channels
        inner = max(there // _REDUCTION, 1) if bottleneck else there
        self.down: nn.Module = _Pointwise(here, inner) if bottleneck else nn.Identity()
        self.graph = GraphConv(inner if bottleneck else here, inner, graphs)
        self.norm = nn.BatchNorm1d(inner)
        self.up = _Pointwise(inner, there, relu=False) if bottleneck else None
        self.residual: nn.Module = nn.Identity()
        if bottleneck and here != there:
            self.residual = _Pointwise(here, there, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, J) to (M, C', J)."""
        y: Tensor = self.norm(self.graph(self.down(x)))
        if self.up is not None:
            y = self.up(functional.relu(y)) + self.residual(x)
        return functional.relu(y)


class TemporalBlock(nn.Module):
    """Convolution over nine frames; as a bottleneck, between linear maps and with a residual.

    Frames outside of a sequence are zero before the convolution.
    """

    def __init__(self, channels: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        inner = max(channels // _REDUCTION, 1) if bottleneck else channels
        self.stride = stride
        self.down: nn.Module = _Pointwise(channels, inner) if bottleneck else nn.Identity()
        self.conv = nn.Conv2d(
            inner, inner, (_WINDOW, 1), (stride, 1), (_WINDOW // 2, 0), bias=False
        )
        self.norm = nn.BatchNorm1d(inner)
        self.up = _Pointwise(inner, channels, relu=False) if bottleneck else None
        self.residual: nn.Module = nn.Identity()
        if bottleneck and stride != 1:
            self.residual = _Pointwise(channels, channels, relu=False)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, J), of T frames, to the same channels and T/stride frames."""
        mask = None if frames.full else frames.mask[:, :: self.stride]
        inner = frames.map(self.down).padded()
        after = Frames.of(self.conv(inner), mask)
        y: Tensor = self.norm(after.values)
        if self.up is not None:
            y = self.up(functional.relu(y)) + self.residual(self._thinned(frames, mask))
        return replace(after, values=functional.relu(y))

    def _thinned(self, frames: Frames, mask: Tensor | None) -> Tensor:
        if self.stride == 1:
            return frames.values
        return Frames.of(frames.padded()[:, :, :: self.stride], mask).values


class GraphModule(nn.Module):
    """A spatial and a temporal block, both as bottlenecks unless it is the first of the network.

    Parameters
    ----------
    channels
        Channels that come in and go out.
    graphs
        See `hop_graphs`.
    stride
        Stride in time.
    bottleneck
        False for the first module, which has no residuals either.
    """

    def __init__(
        self, channels: tuple[int, int], graphs: Tensor, stride: int = 1, *, bottleneck: bool = True
    ) -> None:
        super().__init__()
        self.spatial = SpatialBlock(channels, graphs, bottleneck=bottleneck)
        self.temporal = TemporalBlock(channels[1], stride, bottleneck=bottleneck)

    def forward(self, frames: Frames) -> Frames:
        """Map frames to frames."""
        out: Frames = self.temporal(frames.map(self.spatial))
        return out


class GraphStem(nn.Module):
    """Batch normalisation of the input and the modules before the first stride: C, C and C/2."""

    def __init__(self, in_channels: int, channels: int, graphs: Tensor) -> None:
        super().__init__()
        self.joints = graphs.shape[-1]
        self.norm = nn.BatchNorm1d(in_channels)
        self.blocks = nn.Sequential(
            GraphModule((in_channels, channels), graphs, bottleneck=False),
            GraphModule((channels, channels), graphs),
            GraphModule((channels, channels // 2), graphs),
        )

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, J) to (M, C'/2, J).

        Raises
        ------
        ValueError
            If the skeletons have another number of joints.
        """
        given = frames.values.shape[-1]
        if given != self.joints:
            raise ValueError(f"the network was made for {self.joints} joints, not {given}")
        out: Frames = self.blocks(frames.map(self.norm))
        return out


class GraphStages(nn.Module):
    """Two stages of two modules, 2C and 4C channels, each of which halves the frames."""

    def __init__(self, channels: int, graphs: Tensor) -> None:
        super().__init__()
        low, mid, high = channels // 2, 2 * channels, 4 * channels
        self.layer1 = nn.Sequential(
            GraphModule((low, mid), graphs, 2), GraphModule((mid, mid), graphs)
        )
        self.layer2 = nn.Sequential(
            GraphModule((mid, high), graphs, 2), GraphModule((high, high), graphs)
        )

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C/2, J) to (M', 4C, J)."""
        out: Frames = self.layer2(self.layer1(frames))
        return out


@dataclass(frozen=True)
class Skeleton:
    """The skeletons that a graph network sees.

    Parameters
    ----------
    joints, in_channels
        J and C.
    edges
        Pairs of joints that a bone joins.
    """

    joints: int
    in_channels: int
    edges: Sequence[Sequence[int]]


def gaitgraph(skeleton: Skeleton, channels: int, embedding: int, classes: Classes) -> GaitModel:
    """Return GaitGraph.

    Parameters
    ----------
    skeleton
        What comes in.
    channels
        Channels of the first module, 64 in the paper.
    embedding
        Size of the embedding, 128 in the paper.
    classes
        What the classifier tells apart.
    """
    graphs = hop_graphs(skeleton.joints, skeleton.edges)
    slots = Slots(
        stem=GraphStem(skeleton.in_channels, channels, graphs),
        backbone=GraphStages(channels, graphs),
        temporal_pooling=TemporalMean(),
        part_pooling=JointMean(),
        head=PartLinear(1, 4 * channels, embedding),
        neck=neck(1, embedding, classes),
    )
    stages = {
        "stem": ("stem",),
        "layer1": ("backbone.layer1",),
        "layer2": ("backbone.layer2",),
        "head": ("temporal_pooling", "part_pooling", "head", "neck"),
    }
    return initialise(GaitModel(slots, stages))


class _Pointwise(nn.Module):
    """Linear map of the channels, batch normalisation and, if wanted, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, *, relu: bool = True) -> None:
        super().__init__()
        self.linear = nn.Conv1d(channels_in, channels_out, 1, bias=False)
        self.norm = nn.BatchNorm1d(channels_out)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.linear(x))
        return functional.relu(y) if self.relu else y
