"""Walks in colour and depth: two encoders, fused in the neck, and a head over time.

The system of arXiv:2512.04425, whose text names the parts and leaves the sizes open: two encoders
of YOLO11, MLGE, cross-spatial neck fusion, a temporal head. Beside it stand the networks that it
has to be compared with: one modality alone, and both in one encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clinigait.nn.areas import REGIONS, region_means
from clinigait.nn.cross_spatial import CrossSpatialFusion, Paths
from clinigait.nn.frames import Frames
from clinigait.nn.heads import NormLinear
from clinigait.nn.holes import filled
from clinigait.nn.mlge import Mlge
from clinigait.nn.output import GaitOutput
from clinigait.nn.sequences import MeanAndMax, over_time
from clinigait.nn.tail import Classes, neck
from clinigait.nn.yolo11 import SCALES, Cbs, Yolo11, colour_filters, grey_filters

FUSIONS = ("neck", "early", "colour", "depth")
CHANNELS = 4  # red, green, blue, depth
_COLOUR, _DEPTH = 0, 1
_PLANES = {"colour": 3, "depth": 2, "early": 6}
_NOMINAL = 256  # channels of all maps after the encoders, before the scale

Maps = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class RgbdSettings:
    """What an `RgbdFusion` is made of.

    Parameters
    ----------
    scale, width
        Of the encoders, see `Yolo11`.
    fusion
        `neck`: an encoder for either modality, fused at every size of map. `early`: one encoder of
        all channels. `colour`, `depth`: one modality.
    mlge
        Whether multi-scale local and global extraction follows the encoders.
    temporal
        One of `clinigait.nn.sequences.SEQUENCES`.
    embedding
        Channels over time and of the embedding, a multiple of eight.
    sppf_act
        See `Yolo11`.
    modality_dropout
        How often, in training, a sequence of both modalities is seen without one of them.
    norm_momentum
        How fast the statistics of batch norms follow the batches. YOLO11 has 0.03, for which short
        trainings end before the statistics of so many layers have settled.
    """

    scale: str = "n"
    width: float = 1.0
    fusion: str = "neck"
    mlge: bool = True
    temporal: str = "gru"
    embedding: int = 128
    sppf_act: str = "silu"
    modality_dropout: float = 0.0
    norm_momentum: float = 0.1

    @property
    def channels(self) -> int:
        """Channels of the maps after the encoders."""
        return SCALES[self.scale].channels(_NOMINAL, self.width)


class Stream(nn.Module):
    """An encoder, whose three maps are brought to the same channels, and MLGE on each.

    Parameters
    ----------
    planes
        Channels of the pictures.
    settings
        Of the network.
    """

    def __init__(self, planes: int, settings: RgbdSettings) -> None:
        super().__init__()
        channels = settings.channels
        self.encoder = Yolo11(settings.scale, planes, settings.width, settings.sppf_act)
        self.narrow = nn.ModuleList([Cbs(wide, channels) for wide in self.encoder.channels])
        self.extract = nn.ModuleList([Mlge(channels) for _ in self.narrow if settings.mlge])

    def forward(self, x: Tensor) -> Maps:
        """Map pictures (M, C, H, W) to maps (M, C', …) at 1/8, 1/16 and 1/32 of their size."""
        maps = [narrow(each) for narrow, each in zip(self.narrow, self.encoder(x), strict=True)]
        for level, extract in enumerate(self.extract):
            maps[level] = extract(maps[level])
        fine, middle, coarse = maps
        return fine, middle, coarse


class OneStream(nn.Module):
    """One encoder; a modality that is missing is zero in all its planes, which say so.

    Parameters
    ----------
    settings
        Of the network.
    """

    def __init__(self, settings: RgbdSettings) -> None:
        super().__init__()
        self.kind = settings.fusion
        self.stream = Stream(_PLANES[self.kind], settings)

    @property
    def streams(self) -> list[Stream]:
        """The streams."""
        return [self.stream]

    def forward(self, values: Tensor, there: Tensor) -> Maps:
        """Map frames (M, 4, H, W), and which modalities they have, (M, 2), to three maps."""
        planes = {"colour": _colour, "depth": _depth}
        if self.kind in planes:
            maps: Maps = self.stream(planes[self.kind](values))
            return maps
        colour = torch.cat([_colour(values), torch.ones_like(values[:, :1])], 1)
        both = []
        for modality, each in ((_COLOUR, colour), (_DEPTH, _depth(values))):
            both.append(torch.where(there[:, modality, None, None, None], each, 0.0))
        early: Maps = self.stream(torch.cat(both, 1))
        return early


class TwoStreams(nn.Module):
    """An encoder for either modality and their fusion at every size of map.

    Either encoder sees only the frames that have its modality: what stands in the place of a
    missing one reaches neither a result nor the statistics of a batch normalisation.

    Parameters
    ----------
    settings
        Of the network.
    """

    def __init__(self, settings: RgbdSettings) -> None:
        super().__init__()
        self.colour = Stream(_PLANES["colour"], settings)
        self.depth = Stream(_PLANES["depth"], settings)
        self.fusions = nn.ModuleList([CrossSpatialFusion(settings.channels) for _ in range(3)])

    @property
    def streams(self) -> list[Stream]:
        """The streams."""
        return [self.colour, self.depth]

    def forward(self, values: Tensor, there: Tensor) -> Maps:
        """Map frames (M, 4, H, W), and which modalities they have, (M, 2), to three maps."""
        colour, depth = there.unbind(1)
        of_colour: Maps | None = self.colour(_colour(values[colour])) if colour.any() else None
        of_depth: Maps | None = self.depth(_depth(values[depth])) if depth.any() else None
        fine, middle, coarse = (
            self._fused(level, there, of_colour and of_colour[level], of_depth and of_depth[level])
            for level in range(3)
        )
        return fine, middle, coarse

    def _fused(
        self, level: int, there: Tensor, colour: Tensor | None, depth: Tensor | None
    ) -> Tensor:
        """Fuse the maps of one size: either holds the frames that have its modality."""
        fuse, (in_colour, in_depth), both = self.fusions[level], there.unbind(1), there.all(1)
        found, places = [], []
        for which in (both, in_colour & ~both, in_depth & ~both):
            if not which.any():
                continue
            pair = [
                maps[which[has]] if maps is not None and bool((which & has).any()) else None
                for maps, has in ((colour, in_colour), (depth, in_depth))
            ]
            found.append(fuse(*pair))
            places.append(which.nonzero()[:, 0])
        return torch.cat(found).index_select(0, torch.cat(places).argsort())


class RgbdFusion(nn.Module):
    """A network of walks in colour and depth, see the module.

    A modality that a sequence lacks is as good as masked: whatever stands in its place, the result
    is the same.

    Parameters
    ----------
    settings
        Sizes and parts.
    classes
        What is told apart.
    """

    #: Of the ``tokens``, in their order.
    region_names = tuple(region.name for region in REGIONS)

    def __init__(self, settings: RgbdSettings, classes: Classes) -> None:
        super().__init__()
        channels, size = settings.channels, settings.embedding
        self.settings = settings
        self.pyramid = (TwoStreams if settings.fusion == "neck" else OneStream)(settings)
        self.paths = Paths(channels)
        self.embed = NormLinear((len(REGIONS) + 4) * channels, size)
        self.temporal = over_time(settings.temporal, size)
        self.pool = MeanAndMax()
        self.head = NormLinear(2 * size, size)
        self.neck = neck(1, size, classes)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = settings.norm_momentum

    @property
    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each named stage, from the input to the output."""
        streams = self.pyramid.streams
        encoders = [stream.encoder for stream in streams]
        fusions = [self.pyramid.fusions] if isinstance(self.pyramid, TwoStreams) else []
        return {
            "stem": [layer for encoder in encoders for layer in encoder.layers(0, 1)],
            "encoder_low": [layer for encoder in encoders for layer in encoder.layers(2, 4)],
            "encoder_high": [layer for encoder in encoders for layer in encoder.layers(5, 10)],
            "mlge": [part for stream in streams for part in (stream.narrow, stream.extract)],
            "fusion": [*fusions, self.paths],
            "temporal": [self.embed, self.temporal],
            "head": [self.head, self.neck],
        }

    def start_from(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of an encoder of colour pictures, layers 0 to 10, in every stream.

        Parameters
        ----------
        state
            As `Yolo11` names them. Depth gets the sum of the filters of red, green and blue; the
            planes that say what is known get filters of 0.

        Raises
        ------
        ValueError
            If they do not fit, as in a network of another scale or width.
        """
        given = {
            "colour": lambda: dict(state),
            "depth": lambda: grey_filters(state, more=1),
            "early": lambda: colour_filters(state, more=_PLANES["early"] - 3),
        }
        fusion = self.settings.fusion
        kinds = ("colour", "depth") if fusion == "neck" else (fusion,)
        for kind, stream in zip(kinds, self.pyramid.streams, strict=True):
            try:
                stream.encoder.load_state_dict(given[kind]())
            except (RuntimeError, KeyError) as error:
                raise ValueError("the weights are none of an encoder of this size") from error

    def forward(
        self, x: Tensor, mask: Tensor | None = None, vector: Tensor | None = None
    ) -> GaitOutput:
        """Run the network.

        Parameters
        ----------
        x
            (N, 4, T, H, W), 0 to 1: red, green, blue, and depth, 0 where it is unknown. The sides
            are multiples of 32.
        mask
            (N, T) bool, True for real frames, which come first; None if all frames are real.
        vector
            (N, 2), 1 where a sequence has colour, depth, else 0; None if all have both.

        Returns
        -------
        GaitOutput
            One part. ``features`` is the finest fused map, ``tokens`` the means over the
            `clinigait.nn.areas.REGIONS`, (N, R, C), of all frames.

        Raises
        ------
        ValueError
            If an argument does not fit, or a sequence has nothing that the network looks at.
        """
        if x.ndim != 5 or x.shape[1] != CHANNELS:
            raise ValueError(
                f"pictures in colour and depth are of shape (N, 4, T, H, W), not {tuple(x.shape)}"
            )
        frames = Frames.of(x, mask)
        there = self._kept(_there(x, vector, self.settings.fusion))
        rows = frames.mask.nonzero()[:, 0]
        fine, middle, coarse = self.pyramid(frames.values, there[rows])
        fine, middle = self.paths.down(fine, middle, coarse)
        features = frames.map(lambda _: fine).padded()
        # Out of the padded form again, so that all that follows depends on what is given back.
        fine = Frames.of(features, None if frames.full else frames.mask).values
        middle, coarse = self.paths.up(fine, middle, coarse)
        regions = frames.map(lambda _: region_means(fine)).padded()  # (N, C, T, R)
        rest = torch.cat([_overall(middle), _overall(coarse)], 1)
        whole = frames.map(lambda _: rest).padded()  # (N, 4C, T)
        seen = torch.cat([regions.permute(0, 3, 1, 2).flatten(1, 2), whole], 1)
        known = self._over_time(seen, frames.mask)
        parts = self.head(self.pool(known, frames.mask)[..., None])
        parts_bn, logits = self.neck(parts)
        return GaitOutput(
            parts=parts,
            parts_bn=parts_bn,
            logits=logits,
            features=features,
            tokens=(regions.sum(2) / frames.lengths()[:, None, None]).transpose(1, 2),
        )

    def _over_time(self, seen: Tensor, mask: Tensor) -> Tensor:
        frames = Frames.of(seen, mask)
        embedded = frames.map(lambda x: self.embed(x[..., None])[..., 0]).padded()
        known: Tensor = self.temporal(embedded, mask)
        return known

    def _kept(self, there: Tensor) -> Tensor:
        """Leave out one of two modalities here and there, in training only."""
        often = self.settings.modality_dropout
        if not self.training or often == 0:
            return there
        # Drawn on the CPU wherever the walks are: the same seed gives the same changes.
        left_out = torch.rand(len(there)) < often
        which = torch.randint(2, (len(there),))
        gone = torch.stack([left_out & (which == 0), left_out & (which == 1)], 1)
        return there & ~(gone.to(there.device) & there.all(1, keepdim=True))


def _colour(values: Tensor) -> Tensor:
    return values[:, :3]


def _depth(values: Tensor) -> Tensor:
    """Return depth without holes and where it is known, (M, 2, H, W)."""
    return torch.cat(filled(values[:, 3:]), 1)


def _overall(x: Tensor) -> Tensor:
    """Return mean and largest value of each map, (M, 2C)."""
    return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)


def _there(x: Tensor, vector: Tensor | None, fusion: str) -> Tensor:
    """Return which modalities each sequence has, (N, 2) bool."""
    if vector is None:
        return torch.ones(len(x), 2, dtype=torch.bool, device=x.device)
    if vector.shape != (len(x), 2) or not bool(((vector == 0) | (vector == 1)).all()):
        raise ValueError(
            f"which modalities are there has to be 0 or 1 of shape {(len(x), 2)}, not of shape "
            f"{tuple(vector.shape)} or other numbers"
        )
    there = vector.to(x.device) == 1
    looked_at = {"colour": there[:, _COLOUR], "depth": there[:, _DEPTH]}
    if not bool(looked_at.get(fusion, there.any(1)).all()):
        what = fusion if fusion in looked_at else "colour or depth"
        raise ValueError(f"every sequence has to have {what}: the network looks at nothing else")
    return there
