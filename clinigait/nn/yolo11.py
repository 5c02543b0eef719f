"""The encoder and neck of YOLO11, under the names by which its weights are exported.

Layers 0 to 10 give maps at an eighth, a sixteenth and a thirty-second of the picture; layers 11 to
22, the neck, mix them. Pictures are (M, C, H, W) in 0..1, their sides multiples of 32. Weights are
random unless a user brings some; see `clinigait.models.yolo11_weights`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

SPPF_ACTS = ("silu", "none")
STRIDE = 32  # of the coarsest map
_EPS, _MOMENTUM = 1e-3, 0.03
_HEAD_WIDTH = 64  # channels for each attention head
_LEVELS = ("4", "6", "10")
_NECK_LEVELS = ("16", "19", "22")
_FIRST = "model.0.conv.weight"


@dataclass(frozen=True)
class Yolo11Scale:
    """How large an encoder is.

    Parameters
    ----------
    repeats
        Inner units of each C3k2 and C2PSA.
    width
        Factor of the nominal channels.
    most
        Nominal channels are no more than this.
    deep
        Whether the inner units of all C3k2 are C3k, not only those of the coarse layers.
    """

    repeats: int
    width: float
    most: int
    deep: bool

    def channels(self, nominal: int, factor: float = 1.0) -> int:
        """Return the channels of a layer, the nearest multiple of eight."""
        # At factor 1 all are multiples as they are; in between layers widen one after the other.
        eights = min(nominal, self.most) * self.width * factor / 8
        return max(math.floor(eights + 0.5), 1) * 8


SCALES = {
    "n": Yolo11Scale(1, 0.25, 1024, deep=False),
    "s": Yolo11Scale(1, 0.5, 1024, deep=False),
    "m": Yolo11Scale(1, 1.0, 512, deep=True),
    "l": Yolo11Scale(2, 1.0, 512, deep=True),
    "x": Yolo11Scale(2, 1.5, 512, deep=True),
}


class Cbs(nn.Module):
    """Convolution without bias, batch normalisation and SiLU.

    Parameters
    ----------
    channels_in, channels_out
        Channels.
    size, stride
        Side of the square kernel, odd, and stride; at stride 1 the map keeps its size.
    act
        Whether the SiLU follows.
    depthwise
        Whether every channel is convolved by itself.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        size: int = 1,
        stride: int = 1,
        *,
        act: bool = True,
        depthwise: bool = False,
    ) -> None:
        super().__init__()
        groups = channels_in if depthwise else 1
        self.conv: nn.Module = nn.Conv2d(
            channels_in, channels_out, size, stride, size // 2, groups=groups, bias=False
        )
        self.bn: nn.Module = nn.BatchNorm2d(channels_out, eps=_EPS, momentum=_MOMENTUM)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to (M, C', H', W')."""
        y: Tensor = self.bn(self.conv(x))
        return functional.silu(y) if self.act else y


class Bottleneck(nn.Module):
    """Two 3×3 convolutions with a shortcut; the channels between are a share of those outside."""

    def __init__(self, channels: int, ratio: float) -> None:
        super().__init__()
        hidden = int(channels * ratio)
        self.cv1 = Cbs(channels, hidden, 3)
        self.cv2 = Cbs(hidden, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        y: Tensor = x + self.cv2(self.cv1(x))
        return y


class C3k(nn.Module):
    """Two bottlenecks on one half of the channels, beside an untouched other half."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.cv1 = Cbs(channels, half)
        self.cv2 = Cbs(channels, half)
        self.cv3 = Cbs(2 * half, channels)
        self.m = nn.Sequential(Bottleneck(half, 1.0), Bottleneck(half, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        y: Tensor = self.cv3(torch.cat([self.m(self.cv1(x)), self.cv2(x)], 1))
        return y


class C3k2(nn.Module):
    """A chain of inner units on half of the channels; the result of every link is kept.

    Parameters
    ----------
    channels_in, channels_out
        Channels.
    share
        Channels of the chain over those that come out.
    deep
        Whether the inner units are C3k instead of plain bottlenecks.
    repeats
        Number of inner units.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        share: float = 0.5,
        *,
        deep: bool = False,
        repeats: int = 1,
    ) -> None:
        super().__init__()
        hidden = int(channels_out * share)
        self.cv1 = Cbs(channels_in, 2 * hidden)
        self.cv2 = Cbs((2 + repeats) * hidden, channels_out)
        self.m = nn.ModuleList(
            [C3k(hidden) if deep else Bottleneck(hidden, 0.5) for _ in range(repeats)]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to (M, C', H, W)."""
        kept = list(self.cv1(x).chunk(2, 1))
        for unit in self.m:
            kept.append(unit(kept[-1]))
        y: Tensor = self.cv2(torch.cat(kept, 1))
        return y


class Sppf(nn.Module):
    """Three maxima in a row over 5×5 neighbours, all kept: neighbourhoods of 5, 9 and 13.

    Parameters
    ----------
    channels
        C.
    act
        Whether the first convolution has its SiLU.
    """

    def __init__(self, channels: int, *, act: bool = True) -> None:
        super().__init__()
        half = channels // 2
        self.cv1 = Cbs(channels, half, act=act)
        self.cv2 = Cbs(4 * half, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        pooled = [self.cv1(x)]
        for _ in range(3):
            pooled.append(functional.max_pool2d(pooled[-1], 5, 1, 2))
        y: Tensor = self.cv2(torch.cat(pooled, 1))
        return y


class Attention(nn.Module):
    """Self-attention over the pixels; places are told by a depthwise convolution of the values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.value_width = channels // heads
        self.key_width = self.value_width // 2
        self.qkv = Cbs(channels, channels + 2 * heads * self.key_width, act=False)
        self.proj = Cbs(channels, channels, act=False)
        self.pe = Cbs(channels, channels, 3, act=False, depthwise=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        # The channels are laid out head by head, inside of each: queries, keys, values.
        by_head = self.qkv(x).view(len(x), self.heads, -1, x.shape[2] * x.shape[3])
        query, key, value = by_head.split([self.key_width, self.key_width, self.value_width], 2)
        looked = functional.scaled_dot_product_attention(
            query.transpose(2, 3), key.transpose(2, 3), value.transpose(2, 3)
        )
        seen = looked.transpose(2, 3).reshape(x.shape)
        y: Tensor = self.proj(seen + self.pe(value.reshape(x.shape)))
        return y


class PsaBlock(nn.Module):
    """Self-attention and two pointwise convolutions, both with a shortcut."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(channels, heads)
        self.ffn = nn.Sequential(
            Cbs(channels, 2 * channels), Cbs(2 * channels, channels, act=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        x = x + self.attn(x)
        y: Tensor = x + self.ffn(x)
        return y


class C2psa(nn.Module):
    """Attention blocks on half of the channels, beside the untouched other half."""

    def __init__(self, channels: int, repeats: int) -> None:
        super().__init__()
        half = channels // 2
        self.cv1 = Cbs(channels, 2 * half)
        self.cv2 = Cbs(2 * half, channels)
        self.m = nn.Sequential(*[PsaBlock(half, _heads(half)) for _ in range(repeats)])

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        kept, looked = self.cv1(x).chunk(2, 1)
        y: Tensor = self.cv2(torch.cat([kept, self.m(looked)], 1))
        return y


class Yolo11(nn.Module):
    """The encoder of YOLO11, with or without its neck.

    Parameters
    ----------
    scale
        One of `SCALES`.
    in_channels
        Channels of the pictures: 3 for red, green and blue.
    width
        A further factor of all channels, for smaller encoders; exported weights fit 1 only.
    sppf_act
        `silu`, or `none` for weights trained by releases that left it out.
    neck
        Whether layers 11 to 22 follow.
    """

    def __init__(
        self,
        scale: str = "n",
        in_channels: int = 3,
        width: float = 1.0,
        sppf_act: str = "silu",
        *,
        neck: bool = False,
    ) -> None:
        super().__init__()
        if scale not in SCALES or sppf_act not in SPPF_ACTS:
            raise ValueError(f"there is no YOLO11 of scale {scale!r} with sppf_act {sppf_act!r}")
        size = SCALES[scale]

        def channels(nominal: int) -> int:
            return size.channels(nominal, width)

        layers = _backbone(channels, size, in_channels, act=sppf_act == "silu")
        #: Channels of the maps that come out, fine to coarse.
        self.channels = (channels(512), channels(512), channels(1024))
        if neck:
            layers |= _neck(channels, size)
            self.channels = (channels(256), channels(512), channels(1024))
        self.neck = neck
        self.model = nn.ModuleDict(layers)

    def layers(self, first: int, last: int) -> list[nn.Module]:
        """Return the layers with these numbers, first and last included."""
        return [layer for name, layer in self.model.items() if first <= int(name) <= last]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map pictures (M, C, H, W) to maps at 1/8, 1/16 and 1/32 of their size.

        Raises
        ------
        ValueError
            If a side of the pictures is no multiple of 32.
        """
        if x.shape[-2] % STRIDE or x.shape[-1] % STRIDE:
            raise ValueError(
                f"the sides of the pictures have to be multiples of {STRIDE}, not "
                f"{x.shape[-2]} x {x.shape[-1]}"
            )
        kept = {}
        for number in range(11):
            x = self.model[str(number)](x)
            kept[str(number)] = x
        if self.neck:
            kept = self._mixed(*(kept[name] for name in _LEVELS))
        fine, middle, coarse = (kept[name] for name in (_NECK_LEVELS if self.neck else _LEVELS))
        return fine, middle, coarse

    def _mixed(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> dict[str, Tensor]:
        layer = self.model
        inner = layer["13"](torch.cat([doubled(coarse), middle], 1))
        top = layer["16"](torch.cat([doubled(inner), fine], 1))
        second = layer["19"](torch.cat([layer["17"](top), inner], 1))
        last = layer["22"](torch.cat([layer["20"](second), coarse], 1))
        return {"16": top, "19": second, "22": last}


def doubled(x: Tensor) -> Tensor:
    """Return a map at twice the size, every pixel four times."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def grey_filters(state: Mapping[str, Tensor], more: int = 0) -> dict[str, Tensor]:
    """Return the weights of an encoder of colour for pictures of one channel.

    The filters of red, green and blue are added up: the encoder then says of a picture of depth
    exactly what it said of the grey picture that shows it.

    Parameters
    ----------
    state
        Weights of an encoder of three channels.
    more
        Further channels; their filters are 0, so that they change nothing until they are learned.
    """
    first = state[_FIRST].sum(1, keepdim=True)
    return _with_first(state, first, more)


def colour_filters(state: Mapping[str, Tensor], more: int = 0) -> dict[str, Tensor]:
    """Return the weights of an encoder of colour with further channels, whose filters are 0."""
    return _with_first(state, state[_FIRST], more)


def _with_first(state: Mapping[str, Tensor], first: Tensor, more: int) -> dict[str, Tensor]:
    nothing = first.new_zeros(first.shape[0], more, *first.shape[2:])
    return {**state, _FIRST: torch.cat([first, nothing], 1)}


def _heads(channels: int) -> int:
    """Return the number of heads: one for 64 channels, fewer where they could not share equally."""
    most = max(channels // _HEAD_WIDTH, 1)
    return next(heads for heads in range(most, 0, -1) if channels % heads == 0)


def _backbone(
    c: Callable[[int], int], size: Yolo11Scale, in_channels: int, *, act: bool
) -> dict[str, nn.Module]:
    n, deep = size.repeats, size.deep
    return {
        "0": Cbs(in_channels, c(64), 3, 2),
        "1": Cbs(c(64), c(128), 3, 2),
        "2": C3k2(c(128), c(256), 0.25, deep=deep, repeats=n),
        "3": Cbs(c(256), c(256), 3, 2),
        "4": C3k2(c(256), c(512), 0.25, deep=deep, repeats=n),
        "5": Cbs(c(512), c(512), 3, 2),
        "6": C3k2(c(512), c(512), deep=True, repeats=n),
        "7": Cbs(c(512), c(1024), 3, 2),
        "8": C3k2(c(1024), c(1024), deep=True, repeats=n),
        "9": Sppf(c(1024), act=act),
        "10": C2psa(c(1024), n),
    }


def _neck(c: Callable[[int], int], size: Yolo11Scale) -> dict[str, nn.Module]:
    n, deep = size.repeats, size.deep
    return {
        "13": C3k2(c(1024) + c(512), c(512), deep=deep, repeats=n),
        "16": C3k2(2 * c(512), c(256), deep=deep, repeats=n),
        "17": Cbs(c(256), c(256), 3, 2),
        "19": C3k2(c(256) + c(512), c(512), deep=deep, repeats=n),
        "20": Cbs(c(512), c(512), 3, 2),
        "22": C3k2(c(512) + c(1024), c(1024), deep=True, repeats=n),
    }
