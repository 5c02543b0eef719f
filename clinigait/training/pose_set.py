"""Crops of people with their keypoints, on the disk: parts that are read where they lie.

A part is two files: the crops as a plain array, which is mapped and not read, and the labels. The
labels are written last, so that a part whose labels are there is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io.output import beside

_CROPS, _LABELS = "{:05d}.crops.npy", "{:05d}.labels.npz"


@dataclass(frozen=True, eq=False)
class PosePart:
    """N crops and what is known of them.

    Parameters
    ----------
    crops
        (N, H, W, 3) uint8, red first.
    keypoints_px
        (N, K, 2) float32 in pixels of the crop.
    weight
        (N, K) float32: how much a place counts; 0 where it is not known.
    visible
        (N, K) float32: the share of certainty that the point is seen; NaN where nobody knows.
    stature_px
        (N,) float32: how tall the person would stand there.
    person
        (N,) int64: who.
    """

    crops: NDArray[np.uint8]
    keypoints_px: NDArray[np.float32]
    weight: NDArray[np.float32]
    visible: NDArray[np.float32]
    stature_px: NDArray[np.float32]
    person: NDArray[np.int64]

    def __post_init__(self) -> None:
        n, k = self.weight.shape
        fits = (
            self.crops.ndim == 4
            and self.keypoints_px.shape == (n, k, 2)
            and self.visible.shape == (n, k)
            and len(self.crops) == len(self.stature_px) == len(self.person) == n
        )
        if not fits:
            raise ValueError("crops and labels of a part do not belong together")

    def __len__(self) -> int:
        return len(self.person)

    def rows(self, which: NDArray[np.intp]) -> PosePart:
        """Return some of the crops, copied."""
        return PosePart(*(np.asarray(getattr(self, f.name)[which]) for f in fields(self)))


def stacked(parts: Sequence[PosePart]) -> PosePart:
    """Return parts as one, copied."""
    return PosePart(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(PosePart))
    )


@dataclass(frozen=True, eq=False)
class PoseSet:
    """Many parts as one set; crops stay where they lie.

    Parameters
    ----------
    parts
        One or more.
    """

    parts: tuple[PosePart, ...]

    def __len__(self) -> int:
        return int(self._starts[-1])

    def rows(self, which: NDArray[np.intp]) -> PosePart:
        """Return crops by their numbers in the whole, in the order asked for."""
        number = np.searchsorted(self._starts, which, side="right") - 1
        order = np.argsort(number, kind="stable")
        found = [
            self.parts[part].rows(which[number == part] - self._starts[part])
            for part in np.unique(number)
        ]
        back = np.empty(len(which), np.intp)
        back[order] = np.arange(len(which))
        return stacked(found).rows(back)

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        return np.concatenate([[0], np.cumsum([len(part) for part in self.parts])]).astype(np.intp)


def joined(sets: Iterable[PoseSet]) -> PoseSet:
    """Return sets as one."""
    return PoseSet(tuple(part for one in sets for part in one.parts))


def write_part(folder: Path, number: int, part: PosePart) -> None:
    """Write a part into a folder that exists, all or nothing.

    Raises
    ------
    BadInputError
        If it cannot be written.
    """
    labels = {f.name: getattr(part, f.name) for f in fields(part) if f.name != "crops"}
    try:
        with beside(folder / _CROPS.format(number)) as new, new.open("xb") as file:
            np.save(file, part.crops)
        with beside(folder / _LABELS.format(number)) as new, new.open("xb") as file:
            np.savez(file, allow_pickle=False, **labels)
    except OSError as error:
        raise BadInputError(
            f"The folder {folder.name[:80]} cannot be written: {error.strerror or error}. What is "
            "there stays.",
            "Make room on the disk, and run the same command again: it goes on where it was.",
        ) from error


def parts_there(folder: Path) -> tuple[int, ...]:
    """Return the numbers of the parts that are whole."""
    ending = _LABELS.format(0)[5:]
    names = [path.name.removesuffix(ending) for path in folder.glob(f"*{ending}")]
    return tuple(sorted(int(name) for name in names if name.isdigit()))


def read_part(folder: Path, number: int) -> PosePart:
    """Return a part; its crops are mapped from the disk.

    Raises
    ------
    BadInputError
        If it is not there, or damaged.
    """
    names = [f.name for f in fields(PosePart) if f.name != "crops"]
    try:
        crops = np.load(folder / _CROPS.format(number), mmap_mode="r", allow_pickle=False)
        with np.load(folder / _LABELS.format(number), allow_pickle=False) as content:
            labels: dict[str, Any] = {name: content[name] for name in names}
        return PosePart(crops, **labels)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise BadInputError(
            f"Part {number} of the pictures in {folder.name[:80]} is missing or damaged.",
            "Delete its two files, and run the same command again.",
        ) from error


def read_set(folder: Path, numbers: Sequence[int]) -> PoseSet:
    """Return some parts as a set.

    Raises
    ------
    BadInputError
        If there are none, or one is missing or damaged.
    """
    if not numbers:
        raise BadInputError(
            f"There are no pictures in {folder.name[:80]}.", "Ask for more of them."
        )
    return PoseSet(tuple(read_part(folder, number) for number in numbers))
