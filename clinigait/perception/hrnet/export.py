"""From a checkpoint to a network that runs without torch and mmpose: once, and checked.

The network is built by mmpose from the configuration in its own package, takes the checkpoint's
weights strictly, and is written as ONNX. What is written is run and compared with mmpose before
anybody may use it.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io.hashes import sha256_of
from clinigait.perception.hrnet.card import Card, write_network
from clinigait.perception.hrnet.checkpoints import Checkpoint, Decoding
from clinigait.perception.hrnet.safe_load import load_state
from clinigait.perception.hrnet.stand_ins import import_mmpose, importable
from clinigait.perception.runtime import openvino

#: The exported network may differ from mmpose by this, in a heatmap's own unit...
MOST_DIFFERENCE = 1e-4
#: ... and by this fraction of its heatmaps' range, or else weak heatmaps would prove nothing.
MOST_SHARE = 1e-3
_BATCHES = (1, 3)
_PADDING = 1.25
_PACKAGES = ("mmpose", "mmengine", "torch", "onnx", "onnxscript", "openvino")


class Settings(NamedTuple):
    """What a configuration says of input and decoding."""

    decoding: Decoding
    input_size_px: tuple[int, int]
    heatmap_size_px: tuple[int, int]
    blur_kernel_px: int
    flip_shift: bool
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def export(checkpoint: Checkpoint, weights: Path, onnx: Path) -> Card:
    """Export a checkpoint to ``onnx`` and its card beside it.

    Parameters
    ----------
    checkpoint
        What it should be.
    weights
        Its file, whose hash is known to be right.
    onnx
        Where the network goes.

    Returns
    -------
    Card
        As written.

    Raises
    ------
    BadInputError
        If the file is not of this network, what was exported differs from mmpose, or the files
        cannot be written.
    """
    config = _config(checkpoint.config)
    settings = read_settings(config)
    if (settings.decoding, settings.input_size_px) != (
        checkpoint.decoding,
        checkpoint.input_size_px,
    ):
        raise BadInputError(
            f"The installed mmpose configures {checkpoint.name} in another way than is known.",
            "Install mmpose 1.3.2 (`make setup`).",
        )
    model = build(config, load_state(weights), weights.name)
    n_points = len(checkpoint.layout)
    with tempfile.TemporaryDirectory(prefix="clinigait-") as work:
        part = Path(work) / "network.onnx"
        write_onnx(model, n_points, settings.input_size_px, part)
        difference = difference_from(model, n_points, settings.input_size_px, part)
        content = part.read_bytes()
        card = Card(
            name=checkpoint.name,
            decoding=settings.decoding,
            input_size_px=settings.input_size_px,
            heatmap_size_px=settings.heatmap_size_px,
            layout=checkpoint.layout.name,
            flip_indices=checkpoint.layout.mirrored(),
            flip_shift=settings.flip_shift,
            mean=settings.mean,
            std=settings.std,
            padding=_PADDING,
            blur_kernel_px=settings.blur_kernel_px,
            checkpoint_sha256=sha256_of(weights),
            onnx_sha256=sha256_of(part),
            onnx_size_bytes=len(content),
            export_error=difference,
            licence=checkpoint.asset.licence,
            versions=versions(),
        )
    write_network(onnx, content, card)
    return card


def read_settings(config: Any) -> Settings:  # noqa: ANN401  an mmengine configuration
    """Read input and decoding from a configuration of mmpose.

    Raises
    ------
    BadInputError
        If it is none of the kinds that are known.
    """
    model = config.model
    codec, prepare = model.head.decoder, model.data_preprocessor
    kinds: dict[tuple[str, bool], Decoding] = {
        ("MSRAHeatmap", False): "plain",
        ("MSRAHeatmap", True): "dark",
        ("UDPHeatmap", False): "udp",
    }
    decoding = kinds.get((codec.type, bool(codec.get("unbiased", False))))
    pads = [step for step in config.val_pipeline if step.type == "GetBBoxCenterScale"]
    usual = (
        codec.get("heatmap_type", "gaussian") == "gaussian"
        and prepare.bgr_to_rgb
        and all(step.get("padding", _PADDING) == _PADDING for step in pads)
        and model.test_cfg.get("flip_mode", "heatmap") == "heatmap"
    )
    if decoding is None or not usual:
        raise BadInputError(
            f"The configuration decodes {codec.type} in a way that is not known here.",
            "Use one of the checkpoints of `clinigait weights list`.",
        )
    return Settings(
        decoding=decoding,
        input_size_px=tuple(codec.input_size),
        heatmap_size_px=tuple(codec.heatmap_size),
        blur_kernel_px=0 if decoding == "plain" else int(codec.get("blur_kernel_size", 11)),
        flip_shift=bool(model.test_cfg.get("shift_heatmap", False)),
        mean=_three(prepare.mean),
        std=_three(prepare.std),
    )


def _three(numbers: Iterable[float]) -> tuple[float, float, float]:
    red, green, blue = map(float, numbers)
    return red, green, blue


def build(config: Any, state: dict[str, Any], file_name: str) -> Any:  # noqa: ANN401
    """Build the network of a configuration with the given weights, every one of them.

    Raises
    ------
    BadInputError
        If the weights are of another network.
    """
    with importable():
        from mmengine.registry import init_default_scope  # noqa: PLC0415
        from mmpose.models import build_pose_estimator  # noqa: PLC0415

        init_default_scope("mmpose")
        description = config.model.copy()
        description.backbone.pop("init_cfg", None)  # it would fetch weights to begin training with
        model = build_pose_estimator(description)
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in state.items()}
    if wrong := sorted(n for n in wanted.keys() | given.keys() if wanted.get(n) != given.get(n)):
        raise BadInputError(
            f"{file_name} is of another network: {len(wrong)} of {len(wanted)} weights are "
            f"missing, too many or of another shape, {wrong[0][:100]} among them.",
            "Give the checkpoint that belongs to this name.",
        )
    model.load_state_dict(state, strict=True)
    return model.eval()


def write_onnx(model: Any, n_points: int, input_size_px: tuple[int, int], path: Path) -> None:  # noqa: ANN401
    """Write backbone and head as one ONNX file, the first points only."""
    import torch  # noqa: PLC0415  only this road needs it

    class Heatmaps(torch.nn.Module):
        """The crop's way through the network, without what mmpose wraps around it."""

        def __init__(self) -> None:
            super().__init__()
            self.backbone, self.head = model.backbone, _first_points(model.head, n_points)

        def forward(self, crops: Any) -> Any:  # noqa: ANN401
            return self.head(self.backbone(crops)[-1])

    write_module(Heatmaps().eval(), input_size_px, path)


def write_module(module: Any, input_size_px: tuple[int, int], path: Path) -> None:  # noqa: ANN401
    """Write a module from crops to heatmaps as ONNX, with a free batch size.

    By torch's tracing exporter: the newer one takes a minute instead of seconds, and for a network
    that is nothing but convolutions, sums and resizing it gives the same numbers (and a larger
    file).
    """
    import torch  # noqa: PLC0415  only this road needs it

    width, height = input_size_px
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that it is the older one
        torch.onnx.export(
            module,
            (torch.zeros(2, 3, height, width),),
            str(path),
            input_names=["crops"],
            output_names=["heatmaps"],
            dynamic_axes={"crops": {0: "batch"}, "heatmaps": {0: "batch"}},
            dynamo=False,
        )


def difference_from(
    model: Any,  # noqa: ANN401  of mmpose
    n_points: int,
    input_size_px: tuple[int, int],
    path: Path,
) -> float:
    """Return by how much an exported network differs from mmpose on random crops.

    Raises
    ------
    BadInputError
        If it is more than is allowed.
    """
    import torch  # noqa: PLC0415  only this road needs it

    def expected(crops: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            maps = model.head.forward(model.backbone(torch.from_numpy(crops)))
        return np.asarray(maps.numpy()[:, :n_points])

    return checked_difference(expected, input_size_px, path)


def checked_difference(
    expects: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    input_size_px: tuple[int, int],
    path: Path,
) -> float:
    """Return by how much an exported network differs from what made it, on random crops.

    Parameters
    ----------
    expects
        Gives the heatmaps of scaled crops.
    input_size_px
        Width and height of the crops.
    path
        The exported network.

    Raises
    ------
    BadInputError
        If it is more than is allowed.
    """
    ov = openvino()
    core = ov.Core()
    compiled = core.compile_model(
        core.read_model(str(path)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    rng = np.random.default_rng(0)
    greatest, extent = 0.0, 0.0
    for n in _BATCHES:
        crops = _random_crops(rng, n, input_size_px)
        expected = expects(crops)
        found = compiled(crops)[0]
        if found.shape != expected.shape or not np.isfinite(expected).all():
            greatest = np.inf
            break
        greatest = max(greatest, float(np.abs(found - expected).max()))
        extent = max(extent, float(np.ptp(expected)))
    if not greatest <= min(MOST_DIFFERENCE, MOST_SHARE * extent):
        raise BadInputError(
            f"The exported network differs from mmpose by {greatest:.2g}, more than "
            f"{min(MOST_DIFFERENCE, MOST_SHARE * extent):.2g}, and was not kept.",
            "Install the versions that `make setup` installs, and try again.",
        )
    return greatest


def versions() -> dict[str, str]:
    """Return the versions of the packages that export."""
    return {name: version(name) for name in _PACKAGES}


def _random_crops(
    rng: np.random.Generator, n: int, input_size_px: tuple[int, int]
) -> NDArray[np.float32]:
    """Return noise over slowly changing colours, scaled as pictures are."""
    width, height = input_size_px
    coarse = rng.uniform(-2, 2, (n, 3, height // 32, width // 32))
    blocks = np.kron(coarse, np.ones((1, 1, 32, 32)))
    return np.asarray(blocks + rng.normal(0, 0.3, blocks.shape), np.float32)


def _first_points(head: Any, n_points: int) -> Any:  # noqa: ANN401
    """Return the head's last layer with the rows of the first points only."""
    import torch  # noqa: PLC0415

    whole = head.final_layer
    if n_points == whole.out_channels:
        return whole
    layer = torch.nn.Conv2d(
        whole.in_channels, n_points, whole.kernel_size, whole.stride, whole.padding
    )
    first = {name: rows[:n_points] for name, rows in whole.state_dict().items()}
    layer.load_state_dict(first, strict=True)
    return layer


def _config(path: str) -> Any:  # noqa: ANN401
    """Read a configuration out of the mmpose package."""
    import_mmpose()
    import mmpose  # noqa: PLC0415
    from mmengine.config import Config  # noqa: PLC0415

    file = Path(mmpose.__file__).parent / ".mim" / "configs" / path
    if not file.is_file():
        raise BadInputError(
            f"The installed mmpose has no configuration {file.name}.",
            "Install mmpose 1.3.2 (`make setup`).",
        )
    return Config.fromfile(file)
