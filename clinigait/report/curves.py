"""The joint curves of a report: in full, and at a glance for the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportlab.platypus import Flowable

from clinigait.core import Curve, Measurement
from clinigait.report.blocks import Legend, Sample, gap, note, side_samples, subheading
from clinigait.report.contents import Contents
from clinigait.report.figures import joint_curves
from clinigait.report.styles import BAND, EARLIER_DASHES, SIDE_COLOURS
from clinigait.report.vector import FigureBlock


def curve_figure(contents: Contents, measurement: Measurement) -> FigureBlock:
    """Return the joint curves with reference bands and the earlier visit."""
    figure = joint_curves(
        measurement, contents.words, contents.beside.curves, _earlier_curves(contents)
    )
    return FigureBlock(figure, contents.words.curves_alt)


def curves_at_a_glance(contents: Contents, measurement: Measurement) -> list[Flowable]:
    """Return the means of the joint curves; nothing where there are none."""
    if not measurement.curves:
        return []
    means = tuple(replace(curve, strides=(), stride_numbers=()) for curve in measurement.curves)
    return [
        subheading(contents.words.curves_title),
        gap(2),
        Legend(curve_samples(contents)),
        gap(4),
        curve_figure(contents, replace(measurement, curves=means)),
        note(contents.words.glance_note),
    ]


def _earlier_curves(contents: Contents) -> Sequence[Curve]:
    earlier = contents.beside.earlier
    return earlier.measurement.curves if earlier is not None and earlier.measurement else ()


def curve_samples(contents: Contents) -> list[Sample]:
    """Return the key to the joint curves: sides, earlier visit, band."""
    words_ = contents.words
    samples = side_samples(words_)
    if _earlier_curves(contents):
        for side, colour in SIDE_COLOURS.items():
            label = words_.earlier_side.format(side=words_.sides[side].lower())
            samples.append(Sample(label, colour, EARLIER_DASHES[side], 1.1))
    if contents.beside.curves:
        shape = any(curve.shape_only for curve in contents.beside.curves.values())
        label = words_.band_shape if shape else words_.band_reference
        samples.append(Sample(label, BAND, band=True))
    return samples
