"""Small HRNets with random weights, exported once for all tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clinigait.perception.hrnet.card import Card
from clinigait.perception.hrnet.checkpoints import Checkpoint
from support import hrnets


class Small(NamedTuple):
    """A narrow HRNet: table entry, checkpoint, mmpose's model, exported network and card."""

    checkpoint: Checkpoint
    file: Path
    model: Any
    onnx: Path
    card: Card


@pytest.fixture(scope="session")
def mmpose() -> None:
    """Let mmpose be imported, or skip where it is not installed."""
    hrnets.need_mmpose()
    import torch

    from clinigait.perception.hrnet.stand_ins import import_mmpose

    torch.set_num_threads(1)
    import_mmpose()


@pytest.fixture(scope="session")
def small_by_decoding(mmpose, tmp_path_factory) -> dict[str, Small]:
    from clinigait.perception.hrnet.export import export

    found = {}
    for decoding in hrnets.CONFIGS:
        folder = tmp_path_factory.mktemp(decoding)
        checkpoint, file, model = hrnets.small_checkpoint(folder, decoding)
        onnx = folder / f"{checkpoint.name}.onnx"
        found[decoding] = Small(checkpoint, file, model, onnx, export(checkpoint, file, onnx))
    return found


@pytest.fixture(params=list(hrnets.CONFIGS))
def small(request, small_by_decoding) -> Small:
    return small_by_decoding[request.param]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("CLINIGAIT_CACHE", str(folder))
    return folder


@pytest.fixture
def weights_here(weights: dict[str, Path], cache: Path) -> Path:
    """Return the empty cache with the weights that every assessment needs in it."""
    for path in weights.values():
        place = cache / path.parent.name / path.name
        place.parent.mkdir(parents=True)
        place.symlink_to(path)
    return cache
