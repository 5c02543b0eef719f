"""A narrow HRNet for body and feet, with a visibility of every point. Needs torch and mmpose.

Backbone, neck and head are mmpose's own, built from a configuration. Two things differ from the
official networks for poses, both because the branch of the highest resolution is narrow: the head
reads all four branches (as HRNetV2 does, Wang 2020, doi:10.1109/TPAMI.2020.2983686), not that one
alone, and a small layer tells from what lies under a point's heatmap whether the point is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from clinigait.core import WHOLEBODY_23, KeypointLayout
from clinigait.perception.hrnet.stand_ins import importable

#: Size of the crops and of the heatmaps, width and height.
INPUT_SIZE_PX, HEATMAP_SIZE_PX = (192, 256), (48, 64)
#: Standard deviation of the targets in pixels of the heatmap, and the decoder's blur: UDP's own.
SIGMA_PX, BLUR_KERNEL_PX = 2.0, 11
#: The statistics of ImageNet, as for the official networks.
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
LAYOUT: KeypointLayout = WHOLEBODY_23
#: A heatmap is weighed by its exponential so often when what lies under it is gathered.
_SHARPNESS = 10.0
#: Where the top of a heatmap is lower (1 would be perfect), confidence fades with it.
_LEAST_TOP = 0.02


@dataclass(frozen=True)
class CompactPlan:
    """Widths and depths: those of HRNet-W18-small-v2, but narrower.

    Where BlazePose-heavy takes 43 ms of one core for a crop, 18 channels and a stem of 64 took 36;
    16 channels (which fill the registers) and a stem of 32 take 21, this head included.

    Parameters
    ----------
    channels
        Of the four branches.
    stem_blocks, stem_channels
        Bottlenecks before the branches part, and their inner width.
    modules, blocks
        Exchanges between branches in stages 2 to 4, and residual blocks before each.
    head_channels
        What the head makes of all branches together.
    """

    channels: tuple[int, int, int, int] = (16, 32, 64, 128)
    stem_blocks: int = 2
    stem_channels: int = 32
    modules: tuple[int, int, int] = (1, 3, 2)
    blocks: int = 2
    head_channels: int = 64

    def configuration(self, n_points: int) -> dict[str, Any]:
        """Return the network as mmpose's configurations describe one."""
        later = {
            f"stage{number}": {
                "num_modules": modules,
                "num_branches": number,
                "block": "BASIC",
                "num_blocks": (self.blocks,) * number,
                "num_channels": self.channels[:number],
            }
            for number, modules in zip((2, 3, 4), self.modules, strict=True)
        }
        later["stage4"]["multiscale_output"] = True
        first = {
            "num_modules": 1,
            "num_branches": 1,
            "block": "BOTTLENECK",
            "num_blocks": (self.stem_blocks,),
            "num_channels": (self.stem_channels,),
        }
        return {
            "type": "TopdownPoseEstimator",
            "backbone": {"type": "HRNet", "in_channels": 3, "extra": {"stage1": first, **later}},
            "neck": {"type": "FeatureMapProcessor", "concat": True},
            "head": {
                "type": "HeatmapHead",
                "in_channels": sum(self.channels),
                "out_channels": n_points,
                "deconv_out_channels": None,
                "conv_out_channels": (self.head_channels,),
                "conv_kernel_sizes": (1,),
                "decoder": {
                    "type": "UDPHeatmap",
                    "input_size": INPUT_SIZE_PX,
                    "heatmap_size": HEATMAP_SIZE_PX,
                    "sigma": SIGMA_PX,
                },
            },
        }


class Visibility(nn.Module):
    """Tells whether points are seen, from the features under their heatmaps.

    Parameters
    ----------
    channels
        Of the features.
    n_points
        How many points.
    """

    def __init__(self, channels: int, n_points: int) -> None:
        super().__init__()
        # The last column is of the heatmap's top. Multiplied by itself, it came out wrong in
        # OpenVINO 2026.4 by up to a tenth, and right in this sum.
        self.here = nn.Parameter(torch.zeros(n_points, channels + 1))
        self.overall = nn.Linear(channels, n_points)

    def forward(self, features: Tensor, maps: Tensor) -> Tensor:
        """Return (N, K) logits from (N, C, H, W) features and (N, K, H, W) heatmaps."""
        # Heatmaps are not bent to please this layer: they say where, and nothing else.
        flat = maps.detach().flatten(2).clamp(0.0, 1.0)
        share = torch.softmax(_SHARPNESS * flat, dim=2)
        under = torch.matmul(share, features.flatten(2).transpose(1, 2))
        told = torch.cat([under, flat.amax(dim=2, keepdim=True)], dim=2)
        overall: Tensor = self.overall(features.mean(dim=(2, 3)))
        return overall + (told * self.here).sum(dim=2)


class CompactHrnet(nn.Module):
    """Heatmaps and visibilities of one person's crop.

    Parameters
    ----------
    plan
        Widths and depths.
    layout
        Which points.
    """

    def __init__(self, plan: CompactPlan | None = None, layout: KeypointLayout = LAYOUT) -> None:
        super().__init__()
        self.plan, self.layout = plan or CompactPlan(), layout
        built = _built(self.plan.configuration(len(layout)))
        self.backbone, self.neck, self.head = built.backbone, built.neck, built.head
        self.visibility = Visibility(self.plan.head_channels, len(layout))

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Return (N, K, 64, 48) heatmaps and (N, K) logits of (N, 3, 256, 192) scaled crops."""
        (features,) = self.neck(self.backbone(crops))
        features = self.head.conv_layers(features)
        maps = self.head.final_layer(features)
        return maps, self.visibility(features, maps)


class OneOutput(nn.Module):
    """What is exported: heatmaps whose maximum is the point's visibility.

    The one output is read as that of any HRNet: the place of the maximum is the point, also
    between pixels, for that hangs on the heatmap's shape only; the maximum is the confidence.

    Parameters
    ----------
    network
        Of heatmaps and logits.
    temperature
        Logits are divided by it: what made visibilities come true on people left out.
    """

    def __init__(self, network: nn.Module, temperature: float = 1.0) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, crops: Tensor) -> Tensor:
        """Return (N, K, 64, 48) of (N, 3, 256, 192) scaled crops."""
        maps, logits = self.network(crops)
        above = maps.clamp(min=0.0)
        top = above.amax(dim=(2, 3), keepdim=True).clamp(min=_LEAST_TOP)
        seen = torch.sigmoid(logits / self.temperature)
        told: Tensor = above / top * seen[:, :, None, None]
        return told


def n_parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


def _built(configuration: dict[str, Any]) -> Any:  # noqa: ANN401  of mmpose
    with importable():
        from mmengine.config import ConfigDict  # noqa: PLC0415
        from mmengine.registry import init_default_scope  # noqa: PLC0415
        from mmpose.models import build_pose_estimator  # noqa: PLC0415

        init_default_scope("mmpose")
        model = build_pose_estimator(ConfigDict(configuration))
        # mmpose begins with a normal distribution so narrow that nothing passes a new network.
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.normal_(model.head.final_layer.weight, std=0.01)
    return model
