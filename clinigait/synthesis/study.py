"""Walkers of a population as a study that lies nowhere: solved when read, without camera or file.

What a model of three-dimensional skeletons learns from: true joint centres in the layout of a depth
sensor, by the thousand and at about a second of one core each. Where a model is to be tested on
the people of a data set, take a population that owes them nothing (``curves: cmu``).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from clinigait._version import __version__
from clinigait.core import Depth, Space, Walk, marked
from clinigait.core.layout import KINECT_25
from clinigait.datasets.study import Sample, Study
from clinigait.datasets.virtual_clinic import LICENCE, LIMITS, NAME
from clinigait.synthesis.bodies import body_of
from clinigait.synthesis.body_points import BodyPoints
from clinigait.synthesis.people import PlannedWalk, check_numbers, person_of, walks_of
from clinigait.synthesis.population import Population
from clinigait.synthesis.prescription import CurveSet
from clinigait.synthesis.walking import Solver

#: Frames a second: those of the depth sensor whose layout the walks have.
RATE_HZ = 30.0
_OBTAIN = "Nothing to obtain: the walks are solved anew from the population and the seed."


def walkers_study(population: Population, walkers: int, seed: int) -> Study:
    """Return walks of synthetic people, each solved when it is read.

    People, gaits and chance are those of ``clinigait synthesize`` with the same population and
    seed. A read walk has the 25 joints of :data:`clinigait.core.layout.KINECT_25` in m, x and y on
    the floor and z up (joint centres, without any error of a sensor), at :data:`RATE_HZ`, and is
    marked synthetic. Whether there is a body for everybody is found out at once (a tenth of a
    second each); covariates are all that was drawn (``affected_side``, ``age_y``, ``sex`` …), with
    ``speed_mps``, ``mass_kg`` and ``group``.

    Parameters
    ----------
    population
        Who walks, and how.
    walkers
        People; each has the visits and walks of the population.
    seed
        Another seed has other people: the same one gives the same walks, to the bit.

    Raises
    ------
    BadInputError
        If a number is impossible, or no draw can be a body that walks. Reading raises it where a
        body cannot walk as was drawn.
    """
    check_numbers(walkers, seed)
    source = f"clinigait {__version__} {population.name} {population.version}, seed {seed}"
    samples = tuple(
        _sample(population, planned, {"source": source, "seed": str(seed)})
        for index in range(walkers)
        for planned in walks_of(population, person_of(population, seed, index), seed)
    )
    return Study(NAME, source[:200], LICENCE, "synthetic", _OBTAIN, samples, LIMITS)


def _sample(population: Population, planned: PlannedWalk, facts: dict[str, str]) -> Sample:
    person = planned.person
    walk = f"{person.code}/{planned.visit}/{planned.walk}"
    provenance = {**facts, "population": population.name, "data set": NAME, "keypoints": "true"}
    return Sample(
        sequence=walk,
        person=person.code,
        walk=walk,
        label=person.label,
        read=partial(_walk, planned, population.curves, provenance),
        visit=str(planned.visit),
        covariates={
            **planned.values,
            "speed_mps": planned.prescription.resolved().speed,
            "mass_kg": person.build.mass_kg,
            "group": person.group,
        },
    )


def _walk(planned: PlannedWalk, curves: CurveSet, provenance: dict[str, str]) -> Walk:
    body = body_of(planned.person.build)
    solver = planned.solved(
        lambda seed: Solver(
            body, planned.prescription, RATE_HZ, np.random.default_rng(seed), curves
        )
    )
    landmarks = BodyPoints(body, KINECT_25)
    points_m = np.concatenate([landmarks.points_m(motion) for motion in solver.pieces()])
    return Walk(
        time_s=solver.time_s,
        keypoints=points_m,
        confidence=np.ones(points_m.shape[:2]),
        layout=KINECT_25,
        space=Space.WORLD_M,
        depth=Depth.MEASURED,
        subject=planned.subject,
        provenance=marked(provenance),
    )
