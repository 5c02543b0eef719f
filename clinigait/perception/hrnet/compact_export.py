"""From a trained compact HRNet to the file that runs, and its card. Needs torch, mmpose and onnx.

The network is written in single precision and compared with torch; then its weights are stored in
half precision, from which the runtimes make single precision again while they load it, and it is
run once more: on pictures of people, to see how far the points move.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io.hashes import sha256_of
from clinigait.perception.hrnet.card import Card, Learning, write_network
from clinigait.perception.hrnet.compact import (
    BLUR_KERNEL_PX,
    HEATMAP_SIZE_PX,
    INPUT_SIZE_PX,
    MEAN,
    STD,
    CompactHrnet,
    OneOutput,
)
from clinigait.perception.hrnet.export import checked_difference, versions, write_module
from clinigait.perception.hrnet.precision import MOST_ERROR_PX, maps_of, moved_px
from clinigait.perception.hrnet.shipped import COMPACT

#: Kernels and matrices of so many numbers are stored in half precision.
_LEAST_HALVED = 256
#: The window is this much larger than a person's box, as for the official networks.
PADDING = 1.25
_LICENCE = "Apache-2.0; trained by the clinigait project"


@dataclass(frozen=True, eq=False)
class Trained:
    """A network that has learned, and what its card says of it.

    Parameters
    ----------
    network
        As learned.
    temperature
        Of the visibilities.
    learning
        Where it comes from; ``storage`` and ``rounding_px`` are filled in.
    """

    network: CompactHrnet
    temperature: float
    learning: Learning


def export_compact(
    trained: Trained, crops: NDArray[np.uint8], folder: Path, *, half: bool = True
) -> Card:
    """Write the network and its card into a folder.

    Parameters
    ----------
    trained
        What is written.
    crops
        (N, 256, 192, 3) pictures of people on which stored weights are tried.
    folder
        Where network and card go; it is made if need be.
    half
        Whether weights are stored in half precision.

    Returns
    -------
    Card
        As written.

    Raises
    ------
    BadInputError
        If what was exported differs from torch, half precision moves points, or the folder cannot
        be written.
    """
    module = OneOutput(trained.network, trained.temperature)
    module.eval()
    with tempfile.TemporaryDirectory(prefix="clinigait-") as work:
        whole, stored = Path(work) / "whole.onnx", Path(work) / "stored.onnx"
        write_module(module, INPUT_SIZE_PX, whole)
        difference = checked_difference(lambda x: _asked(module, x), INPUT_SIZE_PX, whole)
        card = _card(trained, whole, difference)
        if half:
            store_in_half(whole, stored)
            learning = trained.learning.model_copy(
                update={"storage": "f16", "rounding_px": _moved_px((whole, stored), card, crops)}
            )
            card = card.model_copy(update={"learning": learning, **_file_facts(stored)})
        content = (stored if half else whole).read_bytes()
    onnx = folder / f"{COMPACT}.onnx"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(
            f"The folder {folder.name[:80]} cannot be written: {error.strerror}.",
            "Choose another --out.",
        ) from error
    write_network(onnx, content, card)
    return card


def _asked(module: OneOutput, crops: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.no_grad():
        return np.asarray(module(torch.from_numpy(crops)).numpy())


def _card(trained: Trained, onnx: Path, difference: float) -> Card:
    layout = trained.network.layout
    return Card(
        name=COMPACT,
        decoding="udp",
        input_size_px=INPUT_SIZE_PX,
        heatmap_size_px=HEATMAP_SIZE_PX,
        layout=layout.name,
        flip_indices=layout.mirrored(),
        flip_shift=False,
        mean=MEAN,
        std=STD,
        padding=PADDING,
        blur_kernel_px=BLUR_KERNEL_PX,
        checkpoint_sha256=_sha256_of_state(trained.network),
        export_error=difference,
        licence=_LICENCE,
        versions=versions(),
        learning=trained.learning,
        **_file_facts(onnx),
    )


def _file_facts(onnx: Path) -> dict[str, Any]:
    return {"onnx_sha256": sha256_of(onnx), "onnx_size_bytes": onnx.stat().st_size}


def _sha256_of_state(network: CompactHrnet) -> str:
    """Return the hash of all weights, by name."""
    together = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        together.update(name.encode())
        together.update(value.detach().cpu().contiguous().numpy().tobytes())
    return together.hexdigest()


def store_in_half(whole: Path, stored: Path) -> None:
    """Write an ONNX file anew with its kernels in half precision, and casts behind them."""
    import onnx  # noqa: PLC0415  only this road needs it
    from onnx import helper, numpy_helper  # noqa: PLC0415

    model = onnx.load(str(whole))
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _LEAST_HALVED:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    # A node comes after those that it reads: these read nothing but constants.
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(stored))


def _moved_px(files: tuple[Path, Path], card: Card, crops: NDArray[np.uint8]) -> float:
    """Return how far believed points move from one file to the other: 99 of 100 by less.

    Raises
    ------
    BadInputError
        If that is too far.
    """
    whole, stored = (maps_of(file, card, [c[None] for c in crops], "f32") for file in files)
    believed = moved_px(whole, stored, card)
    most_px = float(np.quantile(believed, 0.99)) if len(believed) else 0.0
    if not most_px < MOST_ERROR_PX:
        raise BadInputError(
            f"Weights in half precision move points by {most_px:.2f} px of the crop.",
            "Store them in single precision.",
        )
    return round(most_px, 4)
