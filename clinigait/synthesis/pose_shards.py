"""Many made pictures, as the parts of a set that a pose network learns from."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from clinigait.core import BadInputError, Progress
from clinigait.io.output import replace_file
from clinigait.synthesis.backgrounds import Backgrounds, found_backgrounds
from clinigait.synthesis.pose_people import drawn_poser
from clinigait.synthesis.pose_pictures import MadePicture, State, made_picture
from clinigait.training.pose_set import PosePart, parts_there, stacked, write_part

#: Changes whenever the same seed makes other pictures.
_VERSION = 2
_ABOUT = "pictures.json"
#: How sure it is that a point is seen. What only the own body hides counts for more than half: in
#: a side view the far leg is hidden half of the time, a gait is not measured without it, and where
#: it must be follows from the rest of the body.
VISIBLE = {State.OUTSIDE: 0.0, State.HIDDEN: 0.0, State.BEHIND_SELF: 0.6, State.SEEN: 1.0}
#: How much a place counts: what is hidden by something else can only be guessed.
WEIGHT = {State.OUTSIDE: 0.0, State.HIDDEN: 0.3, State.BEHIND_SELF: 1.0, State.SEEN: 1.0}


@dataclass(frozen=True)
class PictureOrder:
    """Which pictures are wanted.

    Parameters
    ----------
    folder
        Where they go.
    parts
        How many parts.
    seed
        Another seed has other people and other pictures.
    people, moments
        People of each part, and pictures of each of them.
    unpacked
        Folders with unpacked packages that hold backgrounds, see
        :func:`~clinigait.synthesis.backgrounds.found_backgrounds`.
    jobs
        Processes.
    odd_share
        Such a share of the pictures shows somebody in a pose that no walk has; not of people with
        walking aids.
    """

    folder: Path
    parts: int
    seed: int = 0
    people: int = 4
    moments: int = 48
    unpacked: tuple[Path, ...] = ()
    jobs: int = 1
    odd_share: float = 0.0

    @property
    def part_size(self) -> int:
        """Pictures of a part."""
        return self.people * self.moments


def make_pictures(order: PictureOrder, progress: Progress | None = None) -> None:
    """Make all parts that are not there yet.

    Parameters
    ----------
    order
        What is wanted.
    progress
        Is told the share that is done.

    Raises
    ------
    BadInputError
        If the folder holds other pictures or cannot be written.
    """
    backgrounds = found_backgrounds(order.unpacked)
    _claim(order, backgrounds)
    there = set(parts_there(order.folder))
    missing = [number for number in range(order.parts) if number not in there]
    for done, _ in enumerate(_made(order, missing), order.parts - len(missing) + 1):
        if progress:
            progress(done / order.parts)


def make_part(order: PictureOrder, number: int) -> None:
    """Make one part and write it."""
    write_part(order.folder, number, drawn_part(order, number, found_backgrounds(order.unpacked)))


def drawn_part(order: PictureOrder, number: int, backgrounds: Backgrounds) -> PosePart:
    """Return one part: the same for the same order and backgrounds."""
    cv2.setNumThreads(1)
    first = number * order.people
    cast = [
        drawn_poser(order.seed, first + k, order.moments, order.odd_share)
        for k in range(order.people)
    ]
    parts = []
    for who, poser in enumerate(cast):
        made = [
            made_picture(cast, who, moment, backgrounds, (order.seed, poser.number, moment, 0x91C))
            for moment in range(order.moments)
        ]
        parts.append(part_of(made, poser.number))
    return stacked(parts)


def part_of(pictures: list[MadePicture], person: int) -> PosePart:
    """Return the pictures of a person as they are learned from."""
    states = np.stack([picture.states for picture in pictures])
    told = [np.array([table[state] for state in State], np.float32) for table in (WEIGHT, VISIBLE)]
    return PosePart(
        crops=np.stack([picture.crop for picture in pictures]),
        keypoints_px=np.stack([picture.keypoints_px for picture in pictures]),
        weight=told[0][states],
        visible=told[1][states],
        stature_px=np.array([picture.stature_px for picture in pictures], np.float32),
        person=np.full(len(pictures), person, np.int64),
    )


def _claim(order: PictureOrder, backgrounds: Backgrounds) -> None:
    """Make the folder, or see to it that it holds the beginning of the same pictures."""
    about = {
        "version": _VERSION, "seed": order.seed, "people": order.people, "moments": order.moments,
        "odd_share": order.odd_share,
        "backgrounds": sorted(picture.name for picture in backgrounds.pictures),
        "sources": [asdict(source) for source in backgrounds.sources],
    }  # fmt: skip
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    path = order.folder / _ABOUT
    try:
        order.folder.mkdir(parents=True, exist_ok=True)
        there = path.read_text("utf-8") if path.exists() else None
    except OSError as error:
        raise BadInputError(
            f"The folder {order.folder.name[:80]} cannot be used: {error.strerror}.",
            "Choose another folder for the pictures.",
        ) from error
    if there is None and not parts_there(order.folder):
        replace_file(path, text.encode())
    elif there != text:
        raise BadInputError(
            f"{order.folder.name[:80]} holds pictures that were made in another way.",
            "Choose another folder, or give the options that were given before.",
        )


def _made(order: PictureOrder, missing: list[int]) -> Iterator[int]:
    """Make parts in this process or several; yield the number of each that is written."""
    if order.jobs <= 1 or len(missing) <= 1:
        for number in missing:
            make_part(order, number)
            yield number
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(order.jobs, len(missing)), context)
    try:
        waiting, at_work = iter(missing), dict[Future[None], int]()
        while True:
            for number in islice(waiting, 2 * order.jobs - len(at_work)):
                at_work[pool.submit(make_part, order, number)] = number
            if not at_work:
                return
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
                yield at_work.pop(future)
    except BrokenProcessPool as error:
        raise BadInputError(
            "A process that made pictures was ended from outside, perhaps for want of memory.",
            "Run the same command again, with fewer --jobs: it goes on where it was.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
