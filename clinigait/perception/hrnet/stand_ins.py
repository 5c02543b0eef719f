"""What lets mmpose be imported with only the parts of it that HRNet uses.

mmpose 1.3.2 imports all of its models at once. Four of its modules ask for torchvision or for the
compiled part of mmcv, and HRNet uses none of them:

* ``mmpose.visualization.simcc_vis``: draws the maps of another kind of head;
* ``mmpose.models.heads.hybrid_heads.rtmo_head``: the head of RTMO;
* ``mmpose.models.heads.transformer_heads.edpose_head``: the head of ED-Pose;
* ``mmpose.models.heads.transformer_heads.transformers.deformable_detr_layers``: its layers.

Neither torchvision (which breaks transformers beside the CPU build of torch) nor the compiled mmcv
(for which there is no wheel) is therefore installed. Instead, empty modules that carry the same
names take the place of these four, and of ``xtcocotools``, which reads COCO's annotation files. The
first four are mmpose's own and stay; ``xtcocotools`` is another project's name and is taken away
again once mmpose is imported. torchvision and mmcv themselves are never faked: other packages look
for them. Where torchvision and the whole of mmcv really are there, nothing is done at all.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_HEADS = "mmpose.models.heads"
_DETR = "DeformableDetrTransformer"
#: Modules of mmpose, with the names that its other modules import from them.
_UNUSED = {
    "mmpose.visualization.simcc_vis": ("SimCCVisualizer",),
    f"{_HEADS}.hybrid_heads.rtmo_head": ("RTMOHead",),
    f"{_HEADS}.transformer_heads.edpose_head": ("EDPoseHead",),
    f"{_HEADS}.transformer_heads.transformers.deformable_detr_layers": (
        *(f"{_DETR}Encoder", f"{_DETR}EncoderLayer"),
        *(f"{_DETR}Decoder", f"{_DETR}DecoderLayer"),
    ),
}
_COCO = {
    "xtcocotools": (),
    "xtcocotools.coco": ("COCO",),
    "xtcocotools.cocoeval": ("COCOeval",),
    "xtcocotools.mask": (),
}


def is_installed() -> bool:
    """Tell whether everything that building and exporting an HRNet needs is installed."""
    needed = ("torch", "mmengine", "mmcv", "mmpose", "onnx", "onnxscript")
    return all(find_spec(name) is not None for name in needed)


@contextmanager
def importable() -> Iterator[None]:
    """Make mmpose importable in the block, and say nothing of what it could do besides."""
    absent = {} if _is_complete() else dict(_UNUSED)
    guests = {} if _reads_coco() else dict(_COCO)
    for name, members in (absent | guests).items():
        if name not in sys.modules:
            sys.modules[name] = _empty(name, members)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in guests:
            sys.modules.pop(name, None)


def import_mmpose() -> None:
    """Import all of mmpose that building an HRNet and running it touches.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    with importable():
        for name in ("apis", "codecs", "datasets", "evaluation", "models", "visualization"):
            importlib.import_module(f"mmpose.{name}")


def _is_complete() -> bool:
    """Tell whether torchvision and the compiled part of mmcv are there."""
    if find_spec("torchvision") is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_spec("mmcv._ext") is not None


def _reads_coco() -> bool:
    try:
        importlib.import_module("xtcocotools.mask")
    except (ImportError, ValueError):  # ValueError: its wheel is built for another numpy
        for name in _COCO:
            sys.modules.pop(name, None)
        return False
    return True


def _empty(name: str, members: tuple[str, ...]) -> ModuleType:
    module = ModuleType(name, "Stands in for a part that HRNet does not use.")
    for member in members:
        setattr(module, member, type(member, (), {"__module__": name}))
    return module
