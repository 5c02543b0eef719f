"""Checkpoints of small HRNets with random weights, in the forms in which real ones come."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clinigait.core import COCO_17, WHOLEBODY_23
from clinigait.io.fetch import Asset
from clinigait.perception.hrnet.checkpoints import Checkpoint

#: The official configurations that a small one is made from, by decoding.
CONFIGS = {
    "plain": "body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py",
    "dark": "wholebody_2d_keypoint/topdown_heatmap/coco-wholebody/"
    "td-hm_hrnet-w32_dark-8xb64-210e_coco-wholebody-256x192.py",
    "udp": "body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192.py",
}
#: Few channels, few blocks: the same kind of network, exported in seconds.
_NARROW = """
_base_ = [{base!r}]
model = dict(
    backbone=dict(
        init_cfg=None,
        extra=dict(
            stage1=dict(num_blocks=(1,), num_channels=(16,)),
            stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
            stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
            stage4=dict(num_modules=1, num_blocks=(1, 1, 1, 1), num_channels=(8, 16, 32, 64)))),
    head=dict(in_channels=8))
"""


def need_mmpose() -> None:
    """Skip where HRNet cannot be exported."""
    from clinigait.perception.hrnet.stand_ins import is_installed

    if not is_installed():
        pytest.skip("torch and mmpose are not installed: `make setup` brings them")


def config_file(folder: Path, decoding: str) -> Path:
    """Write the configuration of a narrow HRNet."""
    import mmpose

    base = Path(mmpose.__file__).parent / ".mim" / "configs" / CONFIGS[decoding]
    path = folder / f"narrow_{decoding}.py"
    path.write_text(_NARROW.format(base=str(base)))
    return path


def built(config: Any, seed: int = 0) -> Any:
    """Return mmpose's own model of a configuration, with random weights that do something.

    mmpose begins with weights so small that every heatmap is flat; these keep the scale of what
    passes through, and the heatmaps reach 1. They are positive nearly everywhere, as DARK and
    UDP need it: what is not has no logarithm, and no place that could be compared.
    """
    import torch
    from mmengine.registry import init_default_scope
    from mmpose.models import build_pose_estimator

    init_default_scope("mmpose")
    model = build_pose_estimator(config.model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.8, 1.2, generator=generator)
            elif value.dim() == 4:
                fan_in = value[0].numel()
                value.normal_(0, (1.4 / fan_in) ** 0.5, generator=generator)
            elif name.endswith((".bias", "running_mean")):
                value.normal_(0, 0.05, generator=generator)
        picture = torch.randn(1, 3, 128, 96, generator=generator)
        model.eval()
        maps = model.head.forward(model.backbone(picture))
        layer = model.head.final_layer
        layer.weight /= maps.std() * 3
        layer.bias.fill_(0.5)
    return model


def small_checkpoint(
    folder: Path, decoding: str, content: dict[str, Any] | None = None
) -> tuple[Checkpoint, Path, Any]:
    """Write a narrow HRNet's checkpoint; return its entry, its file and mmpose's model.

    Parameters
    ----------
    folder
        Where configuration and checkpoint go.
    decoding
        ``plain``, ``dark`` (with 133 points, of which 23 are kept) or ``udp``.
    content
        What the file holds; None: just the state.
    """
    import torch
    from mmengine.config import Config

    config_path = config_file(folder, decoding)
    config = Config.fromfile(config_path)
    model = built(config, seed=list(CONFIGS).index(decoding))
    path = folder / f"{decoding}.pth"
    torch.save({"state_dict": model.state_dict()} if content is None else content, path)
    return entry(path, config_path, decoding), path, model


def entry(file: Path, config: Path, decoding: str) -> Checkpoint:
    """Return the table's entry for a file, known by eight digits as official ones are."""
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    asset = Asset(
        name=f"hrnet-small-{decoding}",
        file_name=file.name,
        sha256=sha256[:8],
        size_bytes=50_000_000,
        licence="none stated",
        description="A small HRNet.",
        sources=(),
    )
    return Checkpoint(
        asset=asset,
        config=str(config),
        decoding=decoding,  # type: ignore[arg-type]
        input_size_px=(192, 256),
        layout=WHOLEBODY_23 if decoding == "dark" else COCO_17,
        body_ap=0.0,
        foot_ap=None,
    )


def with_file(checkpoint: Checkpoint, file: Path) -> Checkpoint:
    """Return the entry for another file of the same network."""
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return replace(checkpoint, asset=replace(checkpoint.asset, sha256=sha256[:8]))
