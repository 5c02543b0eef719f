"""HRNet as the pipeline sees it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, KeypointLayout
from clinigait.perception.hrnet.card import read_card
from clinigait.perception.hrnet.network import BELIEVED, cut, decoded, in_image, picture_network
from clinigait.perception.hrnet.precision import usable_precision
from clinigait.perception.hrnet.topdown import Window
from clinigait.perception.pose import PoseSample
from clinigait.perception.runtime import BackgroundNetwork, Precision, background_network


class HrnetPose:
    """An exported HRNet.

    Parameters
    ----------
    onnx
        The network, with its card beside it.
    threads
        Number of crops that are worked on side by side.
    flip_test
        Run every crop and its mirror image, and take the mean: twice the work, a little better
        (the published scores are with it).
    precision
        None: bfloat16 where it was found good enough on this very processor when the weights were
        fetched, else single precision.

    Raises
    ------
    BadInputError
        If the network and its card do not belong together.
    """

    def __init__(
        self,
        onnx: Path,
        threads: int,
        *,
        flip_test: bool = False,
        precision: Precision | None = None,
    ) -> None:
        self.card = read_card(onnx)
        self.flip_test = flip_test
        self._network: BackgroundNetwork = background_network(
            picture_network(onnx, self.card),
            threads=threads,
            precision=precision or usable_precision(onnx, self.card),
        )
        width, height = self.card.heatmap_size_px
        expected = (len(self.card.keypoints), height, width)
        if self._network.output_shape != expected:
            raise BadInputError(
                f"{onnx.name} gives heatmaps of {self._network.output_shape}, its card says "
                f"{expected}.",
                "Fetch the weights again with `clinigait weights fetch NAME`.",
            )
        self._done: dict[int, PoseSample] = {}

    @property
    def name(self) -> str:
        """Name of the model, as printed in the report."""
        return self.card.name

    @property
    def layout(self) -> KeypointLayout:
        """Names of the keypoints."""
        return self.card.keypoints

    @property
    def precision(self) -> Precision:
        """In what the network multiplies: ``f32`` or ``bf16``."""
        return self._network.precision

    @property
    def device(self) -> str:
        """Where the network runs: ``CPU`` or ``GPU``."""
        return self._network.device

    def submit(self, key: int, image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
        """Hand in one person's box (x0, y0, x1, y1) in one RGB picture.

        The box is the person's own: the crop adds the margin that the model was trained with.
        """
        crops, view = cut(image, box, self.card, flip_test=self.flip_test)

        def collect(maps: NDArray[np.float32]) -> None:
            self._done[key] = self._sample(maps, view)

        self._network.start(crops, collect)

    def results(self) -> dict[int, PoseSample]:
        """Wait for everything that was handed in; return it by key and forget it."""
        self._network.wait()
        done, self._done = self._done, {}
        return done

    def _sample(self, maps: NDArray[np.float32], view: Window) -> PoseSample:
        points, score = decoded(maps, self.card, flip_test=self.flip_test)
        size = np.array(self.card.heatmap_size_px)
        # A peak without the shape of one may be sent anywhere; nobody believes it out of the crop.
        outside = ~((points[0] > -1) & (points[0] < size)).all(axis=1)
        confidence = np.where(outside, 0, np.clip(score[0], 0, 1)).astype(np.float64)
        placed = in_image(points[0], view, self.card)
        believed = confidence[confidence >= BELIEVED]
        return PoseSample(
            keypoints_px=placed,
            confidence=confidence,
            score=float(believed.mean()) if len(believed) else 0.0,
        )
