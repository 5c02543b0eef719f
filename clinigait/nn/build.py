"""From a specification, as it stands in JSON, to a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import nn

from clinigait.nn.deepgait import DeepGaitStages, deepgait
from clinigait.nn.drf import drf
from clinigait.nn.gaitbase import gaitbase
from clinigait.nn.gaitformer import gaitformer
from clinigait.nn.gaitgraph import Skeleton, gaitgraph
from clinigait.nn.gaitmixer import gaitmixer
from clinigait.nn.joint_streams import FUSIONS as LOAD_FUSIONS
from clinigait.nn.joint_streams import SecondStream, with_second_stream
from clinigait.nn.model import GaitModel
from clinigait.nn.rgbd_fusion import FUSIONS, RgbdFusion, RgbdSettings
from clinigait.nn.sequences import SEQUENCES
from clinigait.nn.settings import Settings
from clinigait.nn.tail import PART_POOLINGS, TEMPORAL_POOLINGS, Classes, PartSettings
from clinigait.nn.temporal_net import ChannelNoise, EitherSide, TemporalNet
from clinigait.nn.yolo11 import SPPF_ACTS

_RGBD_SCALES = ("n", "s")
_LARGEST_WIDTH = 4.0  # a network is built before its weights are known: it must stay small


def build_network(spec: Mapping[str, object]) -> nn.Module:
    """Build the network that a specification describes.

    All kinds know `classes` (K, needed), `scale` of the cosines (16), `order` (class indices from
    lowest to highest, for a cumulative link classifier) and `channels` (the width).

    Pictures (`gaitbase`, `deepgaitv2_2d`, `deepgaitv2_p3d`, `skeletongait`, `drf`) know `parts`
    (number of strips, or a list for a pyramid; 16), `embedding` (half of the feature channels),
    `temporal` (max, mean, gem or attention) and `part_pooling` (hpp or gem); all but the last two
    know `in_channels` (1), the `deepgait` ones and `skeletongait` know `layers` (blocks of each of
    four stages, [1, 1, 1, 1]), `drf` knows `silhouettes` (false).

    Skeletons (`gaitmixer`, `gaitformer`, `gaitgraph`) know `joints` (needed), `in_channels` (2) and
    `embedding` (128); `gaitgraph` needs `edges`, pairs of joints. Where the last of their channels
    are loads of the joints, `loads` says how many (0): they get a stem of their own, and
    `load_fusion` (concat, gate or attention) joins the two before the backbone.

    Streams of named channels (`either_side`) need `in_channels`, and `mirror_order` and
    `mirror_sign`: which channel takes each one's place in the mirror, and what it is multiplied by
    there; they know `dropout`, and of the noise in training `offset`, `amplitude`, `drop`,
    `group_drop` and `groups`. They have neither `scale` nor `order`.

    Pictures in colour and depth (`rgbd_fusion`) know `encoder` (n or s, the scale of YOLO11),
    `width` (a further factor of the channels; 1), `fusion` (neck, early, colour or depth), `mlge`
    (true), `temporal` (gru or tcn), `embedding` (128), `sppf_act` (silu or none),
    `modality_dropout` (0) and `norm_momentum` (0.1); they have no `channels`.

    Parameters
    ----------
    spec
        `kind` and the settings of that kind.

    Returns
    -------
    Module
        Gives a `GaitOutput`; with random weights, drawn from torch's global generator.

    Raises
    ------
    ValueError
        If the kind or a setting is not known, is missing or cannot be.
    """
    kind = spec.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError(f"there is no network of kind {kind!r}; there are {', '.join(_KINDS)}")
    settings = Settings(kind, {key: value for key, value in spec.items() if key != "kind"})
    return _KINDS[kind](settings)


def _gaitbase(settings: Settings) -> nn.Module:
    in_channels, channels = settings.integer("in_channels", 1), settings.integer("channels", 64)
    parts, classes = _parts(settings), _classes(settings)
    settings.finish()
    return gaitbase(in_channels, channels, parts, classes)


def _deepgait(in_channels: int | None, *, temporal: bool) -> Callable[[Settings], nn.Module]:
    def build(settings: Settings) -> nn.Module:
        taken = in_channels or settings.integer("in_channels", 1)
        channels = settings.integer("channels", 64)
        layers = settings.integers("layers", (1, 1, 1, 1))
        if len(layers) != 4:
            raise ValueError(f"{settings.kind}: layers has to name the blocks of four stages")
        parts, classes = _parts(settings), _classes(settings)
        settings.finish()
        stages = DeepGaitStages(channels, layers, temporal=temporal)
        return deepgait(taken, stages, parts, classes)

    return build


def _drf(settings: Settings) -> nn.Module:
    channels, silhouettes = settings.integer("channels", 64), settings.boolean("silhouettes", False)
    parts, classes = _parts(settings), _classes(settings)
    settings.finish()
    return drf(channels, parts, classes, silhouettes=silhouettes)


def _attentive(
    network: Callable[[int, int, int, int, Classes], GaitModel],
) -> Callable[[Settings], nn.Module]:
    def build(settings: Settings) -> nn.Module:
        joints, in_channels = settings.integer("joints"), settings.integer("in_channels", 2)
        channels, embedding = settings.integer("channels", 32), settings.integer("embedding", 128)
        loads, classes = _loads(settings, in_channels), _classes(settings)
        settings.finish()

        def made(taken: int) -> GaitModel:
            return network(joints, taken, channels, embedding, classes)

        return with_second_stream(made, in_channels, channels, loads)

    return build


def _loads(settings: Settings, in_channels: int) -> SecondStream | None:
    count = settings.integer("loads", 0, smallest=0)
    if count >= in_channels:
        raise ValueError(f"{settings.kind}: loads has to be less than in_channels, {in_channels}")
    return SecondStream(count, settings.choice("load_fusion", LOAD_FUSIONS)) if count else None


def _gaitgraph(settings: Settings) -> nn.Module:
    joints, in_channels = settings.integer("joints"), settings.integer("in_channels", 2)
    edges = settings.pairs("edges")
    channels, embedding = settings.integer("channels", 64), settings.integer("embedding", 128)
    loads, classes = _loads(settings, in_channels), _classes(settings)
    settings.finish()

    def made(taken: int) -> GaitModel:
        return gaitgraph(Skeleton(joints, taken, edges), channels, embedding, classes)

    return with_second_stream(made, in_channels, channels // 2, loads)


def _either_side(settings: Settings) -> nn.Module:
    channels, classes = settings.integer("in_channels"), settings.integer("classes")
    width, dropout = settings.integer("channels", 48), settings.share("dropout", 0.3)
    order = settings.integers("mirror_order", (), smallest=0)
    sign = settings.numbers("mirror_sign", channels)
    noise = ChannelNoise(
        settings.share("offset"), settings.share("amplitude"), settings.share("drop"),
        settings.share("group_drop"), settings.groups("groups", channels),
    )  # fmt: skip
    settings.finish()
    if sorted(order) != list(range(channels)):
        raise ValueError(f"{settings.kind}: mirror_order has to name each channel once")
    if any(order[k] != i or abs(sign[i]) != 1 or sign[k] != sign[i] for i, k in enumerate(order)):
        raise ValueError("either_side: the mirror image of the mirror image has to be the walk")
    if width % 4:
        raise ValueError(f"{settings.kind}: channels has to be a multiple of 4")
    return EitherSide(TemporalNet(channels, classes, width, dropout), order, sign, noise)


def _rgbd_fusion(settings: Settings) -> nn.Module:
    made = RgbdSettings(
        scale=settings.choice("encoder", _RGBD_SCALES),
        width=settings.number("width", 1.0),
        fusion=settings.choice("fusion", FUSIONS),
        mlge=settings.boolean("mlge", True),
        temporal=settings.choice("temporal", SEQUENCES),
        embedding=settings.integer("embedding", 128),
        sppf_act=settings.choice("sppf_act", SPPF_ACTS),
        modality_dropout=settings.share("modality_dropout"),
        norm_momentum=settings.number("norm_momentum", 0.1),
    )
    classes = _classes(settings)
    settings.finish()
    if made.width > _LARGEST_WIDTH:
        raise ValueError(f"{settings.kind}: width has to be at most {_LARGEST_WIDTH:g}")
    if made.norm_momentum > 1:
        raise ValueError(f"{settings.kind}: norm_momentum has to be at most 1")
    if made.embedding % 8:
        raise ValueError(f"{settings.kind}: embedding has to be a multiple of 8")
    if made.modality_dropout and made.fusion not in ("neck", "early"):
        raise ValueError(f"{settings.kind}: modality_dropout needs a network of two modalities")
    return RgbdFusion(made, classes)


def _classes(settings: Settings) -> Classes:
    count, scale = settings.integer("classes"), settings.number("scale", 16.0)
    order: Sequence[int] = settings.integers("order", (), smallest=0)
    if order and sorted(order) != list(range(count)):
        raise ValueError(
            f"{settings.kind}: order has to name each of the classes 0 to {count - 1} once"
        )
    return Classes(count, scale, order or None)


def _parts(settings: Settings) -> PartSettings:
    return PartSettings(
        strips=settings.integers("parts", (16,)),
        embedding=settings.integer("embedding", 0, smallest=0) or None,
        temporal=settings.choice("temporal", TEMPORAL_POOLINGS),
        pooling=settings.choice("part_pooling", PART_POOLINGS),
    )


_KINDS: dict[str, Callable[[Settings], nn.Module]] = {
    "gaitbase": _gaitbase,
    "deepgaitv2_2d": _deepgait(None, temporal=False),
    "deepgaitv2_p3d": _deepgait(None, temporal=True),
    "skeletongait": _deepgait(2, temporal=True),
    "drf": _drf,
    "gaitmixer": _attentive(gaitmixer),
    "gaitformer": _attentive(gaitformer),
    "gaitgraph": _gaitgraph,
    "either_side": _either_side,
    "rgbd_fusion": _rgbd_fusion,
}
KINDS = tuple(_KINDS)
