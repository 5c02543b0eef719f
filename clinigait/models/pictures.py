"""Pictures of the walker for models that look at them, cut from what a walk was seen in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from clinigait.core import InputSpec, Progress, Recording, Walk
from clinigait.datasets.study import Sample, Study
from clinigait.perception.person_pictures import Cut, cut_pictures
from clinigait.representations.options import read_options
from clinigait.representations.rgbd_pictures import RGBD, RgbdOptions


def cut_for(inputs: Iterable[InputSpec]) -> Cut | None:
    """Return how pictures are cut so that they serve all inputs; None where none looks at them.

    Raises
    ------
    BadInputError
        If an option is unknown or impossible.
    """
    wanted = [read_options(RGBD, RgbdOptions, one.options) for one in inputs if one.kind == RGBD]
    if not wanted:
        return None
    return Cut(
        rate_hz=max(one.rate_hz for one in wanted),
        height_px=max(one.height_px for one in wanted),
        width_px=max(one.width_px for one in wanted),
    )


def with_pictures(walk: Walk, recording: Recording, cut: Cut, progress: Progress) -> Walk:
    """Return a walk with pictures of the walker, where the recording shows one.

    Parameters
    ----------
    walk
        In the picture, or in metres and seen in one.
    recording
        What it was seen in.
    cut
        How pictures are cut.
    progress
        Called with the fraction of the work done.
    """
    return replace(walk, pictures=cut_pictures(recording, walk.pictured(), cut, progress))


def with_pictures_of(study: Study, inputs: Iterable[InputSpec]) -> Study:
    """Return a study whose walks come with pictures, if an input wants them and they were filmed.

    Nothing is read before a walk is.

    Raises
    ------
    BadInputError
        If an option is unknown or impossible.
    """
    cut = cut_for(inputs)
    if cut is None:
        return study
    return replace(study, samples=tuple(_pictured(sample, cut) for sample in study.samples))


def _pictured(sample: Sample, cut: Cut) -> Sample:
    seen_in = sample.recording
    if seen_in is None:
        return sample
    return replace(sample, read=_reader(sample.read, seen_in, cut))


def _reader(
    read: Callable[[], Walk], seen_in: Callable[[], Recording], cut: Cut
) -> Callable[[], Walk]:
    return lambda: with_pictures(read(), seen_in(), cut, lambda _: None)
