"""The contract that every picture sensor meets."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from clinigait.synthesis.motion import Motion
from clinigait.synthesis.scene import Scene, Shot

Picture_co = TypeVar("Picture_co", covariant=True)


class Sensor(Protocol[Picture_co]):
    """Makes a picture of a moment.

    Chance comes from the generator that it is given and from nowhere else: a frame can be made
    again without those before it.
    """

    @property
    def name(self) -> str:
        """Short name, as in file names."""
        ...

    def take(self, shot: Shot, rng: np.random.Generator) -> Picture_co:
        """Return the picture of one moment."""
        ...


def frame_rng(seed: int, sensor: str, frame: int) -> np.random.Generator:
    """Return the generator of one frame of one sensor; frame -1 is that of the whole film."""
    return np.random.default_rng([seed, zlib.crc32(sensor.encode()), frame + 1])


def recorded(
    sensor: Sensor[Picture_co], scene: Scene, pieces: Iterable[Motion], seed: int
) -> Iterator[Picture_co]:
    """Yield the pictures of a movement, one at a time."""
    for shot in scene.shots(pieces):
        yield sensor.take(shot, frame_rng(seed, sensor.name, shot.frame))
