"""The official HRNet checkpoints: which there are, how they are decoded, what they may be used for.

Addresses, hash beginnings and scores are those of the model index in the mmpose package 1.3.2. No
whole hashes and no sizes are published, so the hash is recorded at the first fetch. A network needs
115 MB (W32) or 256 MB (W48); what a file may have beyond that is training history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clinigait.core import COCO_17, WHOLEBODY_23, BadInputError, KeypointLayout
from clinigait.io.fetch import Asset, UrlSource

#: How keypoints are read from heatmaps, see :mod:`clinigait.perception.hrnet.topdown`.
Decoding = Literal["plain", "dark", "udp"]

_SERVER = "https://download.openmmlab.com/mmpose"
_MOST_BYTES = 600_000_000
_WHOLEBODY_LICENCE = "weights: none stated; COCO-WholeBody data: non-commercial research only"
_COCO_LICENCE = "weights: none stated; trained on COCO"


@dataclass(frozen=True)
class Checkpoint:
    """One published checkpoint.

    Parameters
    ----------
    asset
        The file. Its licence line is a note: code and configurations are Apache-2.0, but the
        project states no licence for the weights, so that the choice is the user's.
    config
        Its configuration, below the folder of configurations in the mmpose package.
    decoding
        How its heatmaps are read.
    input_size_px
        Width and height of the crop.
    layout
        The keypoints that are kept: the first ones that the network gives.
    body_ap, foot_ap
        Average precision as published: COCO val2017 or COCO-WholeBody v1.0 val, detected boxes,
        flip test on; None where there are no feet.
    """

    asset: Asset
    config: str
    decoding: Decoding
    input_size_px: tuple[int, int]
    layout: KeypointLayout
    body_ap: float
    foot_ap: float | None

    @property
    def name(self) -> str:
        """Name on the command line."""
        return self.asset.name


def _asset(name: str, path: str, licence: str, description: str) -> Asset:
    file_name = path.rpartition("/")[2]
    return Asset(
        name=name,
        file_name=file_name,
        # The digits before the date begin the file's SHA-256, by the project's own naming.
        sha256=file_name.rpartition("_")[0].rpartition("-")[2],
        size_bytes=_MOST_BYTES,
        licence=licence,
        description=description,
        sources=(UrlSource(f"{_SERVER}/{path}"),),
    )


_WHOLEBODY_CONFIGS = "wholebody_2d_keypoint/topdown_heatmap/coco-wholebody"

_TABLE = (
    Checkpoint(
        asset=_asset(
            "hrnet-w48-wholebody",
            "top_down/hrnet/hrnet_w48_coco_wholebody_384x288_dark-f5726563_20200918.pth",
            _WHOLEBODY_LICENCE,
            "HRNet-W48 DARK 384x288, body and feet: by far the best on feet (AP 0.707).",
        ),
        config=f"{_WHOLEBODY_CONFIGS}/td-hm_hrnet-w48_dark-8xb32-210e_coco-wholebody-384x288.py",
        decoding="dark",
        input_size_px=(288, 384),
        layout=WHOLEBODY_23,
        body_ap=0.742,
        foot_ap=0.707,
    ),
    Checkpoint(
        asset=_asset(
            "hrnet-w48-wholebody-256",
            "top_down/hrnet/hrnet_w48_coco_wholebody_256x192-643e18cb_20200922.pth",
            _WHOLEBODY_LICENCE,
            "HRNet-W48 256x192, body and feet: twice as fast, a little worse (feet AP 0.675).",
        ),
        config=f"{_WHOLEBODY_CONFIGS}/td-hm_hrnet-w48_8xb32-210e_coco-wholebody-256x192.py",
        decoding="plain",
        input_size_px=(192, 256),
        layout=WHOLEBODY_23,
        body_ap=0.701,
        foot_ap=0.675,
    ),
    # Of the two W32 at this size the index puts DARK before plain: feet 0.564 against 0.543, body
    # 0.693 against 0.678. Plain decoding also moves in quarter steps of the heatmap (1 px of the
    # crop), which a foot's speed shows as noise.
    Checkpoint(
        asset=_asset(
            "hrnet-w32-wholebody",
            "top_down/hrnet/hrnet_w32_coco_wholebody_256x192_dark-469327ef_20200922.pth",
            _WHOLEBODY_LICENCE,
            "HRNet-W32 DARK 256x192, body and feet: fast, clearly worse on feet (AP 0.564).",
        ),
        config=f"{_WHOLEBODY_CONFIGS}/td-hm_hrnet-w32_dark-8xb64-210e_coco-wholebody-256x192.py",
        decoding="dark",
        input_size_px=(192, 256),
        layout=WHOLEBODY_23,
        body_ap=0.693,
        foot_ap=0.564,
    ),
    Checkpoint(
        asset=_asset(
            "hrnet-w32-coco",
            "v1/body_2d_keypoint/topdown_heatmap/coco/"
            "td-hm_hrnet-w32_8xb64-210e_coco-256x192-81c58e40_20220909.pth",
            _COCO_LICENCE,
            "HRNet-W32 256x192, body without feet: events by the ankles only.",
        ),
        config="body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py",
        decoding="plain",
        input_size_px=(192, 256),
        layout=COCO_17,
        body_ap=0.746,
        foot_ap=None,
    ),
)

#: All checkpoints by name, the best one for gait first.
CHECKPOINTS: dict[str, Checkpoint] = {one.name: one for one in _TABLE}


def checkpoint(name: str) -> Checkpoint:
    """Return the checkpoint of that name.

    Raises
    ------
    BadInputError
        If there is none.
    """
    if name not in CHECKPOINTS:
        raise BadInputError(f"There is no HRNet {name}.", f"Choose from: {', '.join(CHECKPOINTS)}.")
    return CHECKPOINTS[name]
