"""Multi-branch feature fusion: body proportions, velocities and motion of a skeleton.

The system of arXiv:2604.27353: three readings of the same key points, a ResNet-50 for each, and a
fusion that weighs the branches channel by channel. Its text leaves open how the readings are made;
here they share nothing (inference): lengths of bones are in the first alone, so that a network can
be asked how much of what it knows is the shape of a body and how much the way it moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.convolution import initialise
from clinigait.nn.frames import Frames
from clinigait.nn.output import GaitOutput
from clinigait.nn.resnet import ResNet50
from clinigait.nn.tail import Classes, neck
from clinigait.nn.temporal import TemporalMean

_REDUCTION = 16
_SHORTEST = 1e-4  # torso of which lengths are taken as shares; bone that has a direction


@dataclass(frozen=True)
class BranchedSkeleton:
    """The skeletons that a multi-branch network sees.

    Parameters
    ----------
    joints, space
        J and C, the dimensions of the places.
    edges
        Bones, as pairs of joints: the end that is nearer to the trunk, and the other.
    torso
        Two groups of joints, the shoulders and the hips: the distance of their middles is the
        length of the torso, in which all is measured.
    """

    joints: int
    space: int
    edges: Sequence[tuple[int, int]]
    torso: tuple[Sequence[int], Sequence[int]]

    @property
    def width(self) -> int:
        """Columns of the pictures that are made of it."""
        return max(self.joints, len(self.edges))

    def __post_init__(self) -> None:
        named = [joint for edge in self.edges for joint in edge] + [*self.torso[0], *self.torso[1]]
        if not self.edges or not all(self.torso):
            raise ValueError("a skeleton needs bones, and joints at both ends of its torso")
        if not all(0 <= joint < self.joints for joint in named):
            raise ValueError(f"bones and torso have to name joints from 0 to {self.joints - 1}")
        if any(near == far for near, far in self.edges):
            raise ValueError("a bone has to join two different joints")


def proportions(points: Tensor, torso: Tensor, mask: Tensor, skeleton: BranchedSkeleton) -> Tensor:
    """Return bone lengths over the torso's, (N, 2, T, B): mean of the walk, and of each frame.

    Parameters
    ----------
    points
        (N, C, T, J).
    torso
        Its mean length in each sequence, (N,).
    mask
        (N, T).
    skeleton
        What is what.
    """
    near, far = (list(ends) for ends in zip(*skeleton.edges, strict=True))
    lengths = (points[..., far] - points[..., near]).norm(dim=1) / torso[:, None, None]
    mean = TemporalMean()(lengths[:, None], mask)[:, :, None].expand(-1, -1, lengths.shape[1], -1)
    return torch.cat([mean, lengths[:, None]], 1)


def velocities(points: Tensor, torso: Tensor, mask: Tensor, skeleton: BranchedSkeleton) -> Tensor:
    """Return what each joint moves in a frame, in torso lengths, (N, C, T, J).

    The first frame takes the movement of the second.
    """
    del skeleton
    return _moved(points / torso[:, None, None, None], mask)


def motions(points: Tensor, torso: Tensor, mask: Tensor, skeleton: BranchedSkeleton) -> Tensor:
    """Return directions of the bones and what they change in a frame, (N, 2C, T, B)."""
    del torso
    near, far = (list(ends) for ends in zip(*skeleton.edges, strict=True))
    bones = functional.normalize(points[..., far] - points[..., near], dim=1, eps=_SHORTEST)
    return torch.cat([bones, _moved(bones, mask)], 1)


_Reading = Callable[[Tensor, Tensor, Tensor, BranchedSkeleton], Tensor]
#: By name: how a branch reads a skeleton, and how many channels that gives of C.
BRANCHES: dict[str, tuple[_Reading, Callable[[int], int]]] = {
    "proportion": (proportions, lambda _: 2),
    "velocity": (velocities, lambda space: space),
    "motion": (motions, lambda space: 2 * space),
}


def _moved(values: Tensor, mask: Tensor) -> Tensor:
    """Return the change from frame to frame, (N, C, T, J); zero where there is one frame alone."""
    change = (values[:, :, 1:] - values[:, :, :-1]) * mask[:, None, 1:, None]
    first = change[:, :, :1] if change.shape[2] else torch.zeros_like(values)
    return torch.cat([first, change], 2)


def _mean(maps: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of (N, C, T, W) over what is there, (N, C)."""
    over_time: Tensor = TemporalMean()(maps, mask)
    return over_time.mean(-1)


class BranchFusion(nn.Module):
    """Weighted sum of the maps of several branches; the weights of each channel add up to 1.

    Parameters
    ----------
    branches, channels
        B and C.
    """

    def __init__(self, branches: int, channels: int) -> None:
        super().__init__()
        narrow = max(channels // _REDUCTION, 1)
        self.squeeze = nn.Linear(branches * channels, narrow)
        self.activation = nn.PReLU(narrow)  # its slopes are learned
        self.weigh = nn.Linear(narrow, branches * channels)

    def weights(self, pooled: Tensor) -> Tensor:
        """Map the means of the maps, (N, B, C), to weights of the same shape."""
        scores: Tensor = self.weigh(self.activation(self.squeeze(pooled.flatten(1))))
        return scores.view(pooled.shape).softmax(1)


class MultiBranch(nn.Module):
    """A network of branches, see the module.

    Parameters
    ----------
    skeleton
        What is looked at.
    in_channels
        Channels that come in; places first.
    branches
        Names of `BRANCHES`.
    channels
        Of the first convolution of each ResNet-50; 64 is the original.
    embedding
        Size of the embedding, 256 in the paper.
    classes
        What is told apart.
    """

    def __init__(
        self,
        skeleton: BranchedSkeleton,
        in_channels: int,
        branches: Sequence[str],
        channels: int,
        embedding: int,
        classes: Classes,
    ) -> None:
        super().__init__()
        self.skeleton, self.branches = skeleton, tuple(branches)
        self.in_channels = in_channels
        self.norms, self.encoders = nn.ModuleList(), nn.ModuleList()
        for name in self.branches:
            wide = BRANCHES[name][1](skeleton.space)
            self.norms.append(nn.BatchNorm1d(wide))
            self.encoders.append(ResNet50(wide, channels))
        wide = 32 * channels
        self.fusion = BranchFusion(len(self.branches), wide)
        self.embed = nn.Linear(wide, embedding)
        self.neck = neck(1, embedding, classes)

    @property
    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each named stage, from the input to the output."""
        encoders = [one for one in self.encoders if isinstance(one, ResNet50)]
        layers = {f"layer{k + 1}": [encoder.stages[k] for encoder in encoders] for k in range(4)}
        stem = [*self.norms, *(encoder.stem for encoder in encoders)]
        return {"stem": stem, **layers, "head": [self.fusion, self.embed, self.neck]}

    def forward(
        self, x: Tensor, mask: Tensor | None = None, vector: Tensor | None = None
    ) -> GaitOutput:
        """Run the network.

        Parameters
        ----------
        x
            Skeletons (N, C, T, J).
        mask
            (N, T) bool, True for real frames, which come first; None if all frames are real.
        vector
            None: this network is told nothing else.

        Raises
        ------
        ValueError
            If an argument does not fit.
        """
        wanted = (self.in_channels, self.skeleton.joints)
        if x.ndim != 4 or (x.shape[1], x.shape[3]) != wanted:
            raise ValueError(
                f"the network was made for skeletons of shape (N, {wanted[0]}, T, {wanted[1]}), "
                f"not {tuple(x.shape)}"
            )
        if vector is not None:
            raise ValueError("this network is not guided by a vector")
        frames = Frames.of(x, mask)
        given = None if frames.full else frames.mask
        points = frames.padded()[:, : self.skeleton.space]
        torso = self._torso(points, frames.mask)
        maps, kept = [], None
        for name, norm, encoder in zip(self.branches, self.norms, self.encoders, strict=True):
            read = BRANCHES[name][0](points, torso, frames.mask, self.skeleton)
            normed = Frames.of(read, given).map(norm).padded()
            # There may be fewer bones than joints: all maps have to be of one width.
            wide = functional.pad(normed, (0, self.skeleton.width - read.shape[-1]))
            made, kept = encoder(wide, given)
            maps.append(made)
        return self._joined(torch.stack(maps, 1), kept)

    def _joined(self, maps: Tensor, mask: Tensor | None) -> GaitOutput:
        """Fuse maps (N, B, C, T, W)."""
        whole = maps.new_ones(maps.shape[0], maps.shape[3], dtype=torch.bool)
        mask = whole if mask is None else mask
        pooled = torch.stack([_mean(each, mask) for each in maps.unbind(1)], 1)
        weights = self.fusion.weights(pooled)
        features = (weights[..., None, None] * maps).sum(1)
        parts = self.embed(_mean(features, mask))[..., None]
        parts_bn, logits = self.neck(parts)
        return GaitOutput(parts, parts_bn, logits, features)

    def _torso(self, points: Tensor, mask: Tensor) -> Tensor:
        upper, lower = (points[..., list(group)].mean(-1) for group in self.skeleton.torso)
        lengths = (upper - lower).norm(dim=1)[:, None]  # (N, 1, T)
        mean: Tensor = TemporalMean()(lengths, mask)[:, 0]
        return mean.clamp(min=_SHORTEST)


def multi_branch(
    skeleton: BranchedSkeleton,
    in_channels: int,
    branches: Sequence[str],
    channels: int,
    embedding: int,
    classes: Classes,
) -> nn.Module:
    """Return a network of branches, its weights drawn; see `MultiBranch`."""
    return initialise(MultiBranch(skeleton, in_channels, branches, channels, embedding, classes))
