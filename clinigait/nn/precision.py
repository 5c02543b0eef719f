"""Inference as fast as the processor allows, at equal decisions."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from clinigait.nn.convolution import ConvNorm, TemporalConvNorm
from clinigait.nn.frames import Frames
from clinigait.nn.model import GaitModel
from clinigait.nn.output import GaitOutput
from clinigait.nn.winograd import WinogradConv, fits
from clinigait.nn.yolo11 import Cbs

Precision = Literal["f32", "bf16"]
_BF16 = ("avx512_bf16", "amx_bf16")
_MANY_CHANNELS = 256  # from here on Winograd's way was faster than the direct one


def best_precision() -> Precision:
    """Return ``bf16`` if this processor multiplies it natively, else ``f32``."""
    able = torch.cpu.get_capabilities()
    return "bf16" if any(able.get(name) for name in _BF16) else "f32"


def fast(model: nn.Module, precision: Precision | None = None) -> FastModel:
    """Return a copy of a network that does the same, faster, and cannot be trained.

    Batch norms of convolutions are folded into them and memory is channels-last. In bf16 stem and
    backbone run in it, all that follows in single precision. In f32 wide 3×3 convolutions go
    Winograd's way. Networks of skeletons, which are small, and of colour and depth always stay in
    f32.

    Parameters
    ----------
    model
        The network.
    precision
        None for what suits this processor.
    """
    quick = copy.deepcopy(model).eval()
    pictures = [module for module in quick.modules() if isinstance(module, ConvNorm)]
    chosen = (precision or best_precision()) if pictures else "f32"
    for module in list(quick.modules()):
        if isinstance(module, ConvNorm | TemporalConvNorm | Cbs):
            _fold(module)
        if isinstance(module, ConvNorm | Cbs) and chosen == "f32":
            module.conv = _quicker(module.conv)
    for module in quick.modules():
        if isinstance(module, nn.Conv2d):
            laid = module.weight.detach().contiguous(memory_format=torch.channels_last)
            module.weight = nn.Parameter(laid, requires_grad=False)
    if chosen == "bf16" and isinstance(quick, GaitModel):
        quick.stem, quick.backbone = nn.Identity(), _InBf16(quick.stem, quick.backbone)
    return FastModel(quick, chosen)


class FastModel(nn.Module):
    """A network made fast, see `fast`; called like the original.

    Parameters
    ----------
    model
        The prepared network.
    precision
        What its backbone computes in.
    """

    def __init__(self, model: nn.Module, precision: Precision) -> None:
        super().__init__()
        self.model = model
        self.precision = precision
        self.region_names: tuple[str, ...] = getattr(model, "region_names", ())

    def forward(
        self, x: Tensor, mask: Tensor | None = None, vector: Tensor | None = None
    ) -> GaitOutput:
        """Run the network; see `GaitModel.forward`. No gradient can be had."""
        with torch.inference_mode():
            output: GaitOutput = self.model(x, mask, vector)
        return output


class _InBf16(nn.Module):
    """Stem and backbone under autocast; what comes out is single precision again."""

    def __init__(self, stem: nn.Module, backbone: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.backbone = backbone

    def forward(self, frames: Frames) -> Frames:
        with torch.autocast("cpu", torch.bfloat16):
            out: Frames = self.backbone(self.stem(frames))
        return replace(out, values=out.values.float())


def _fold(module: ConvNorm | TemporalConvNorm | Cbs) -> None:
    name = "bn" if isinstance(module, Cbs) else "norm"
    conv, norm = module.conv, getattr(module, name)
    if not isinstance(conv, nn.Conv2d | nn.Conv3d) or not isinstance(norm, nn.BatchNorm2d):
        return  # folded before
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        return  # it keeps no statistics
    factor = norm.weight / torch.sqrt(variance + norm.eps)
    weight = conv.weight * factor.reshape(-1, *([1] * (conv.weight.ndim - 1)))
    conv.weight = nn.Parameter(weight.detach(), requires_grad=False)
    conv.bias = nn.Parameter((norm.bias - mean * factor).detach(), requires_grad=False)
    setattr(module, name, nn.Identity())


def _quicker(conv: nn.Module) -> nn.Module:
    if not isinstance(conv, nn.Conv2d):
        return conv
    wide = min(conv.in_channels, conv.out_channels) >= _MANY_CHANNELS
    return WinogradConv(conv) if wide and fits(conv) else conv
