"""How like its test walks must look to a network: learned from embeddings. Needs PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io.bundle import TYPICAL
from clinigait.models.scoring import NetworkScorer
from clinigait.stats import fit_gaussians, typical_limit
from clinigait.training.prepared import Prepared


def typical_arrays(
    scorer: NetworkScorer, learners: Prepared, judges: Prepared
) -> dict[str, NDArray[Any]]:
    """Return what a bundle keeps of the embeddings that its first network made.

    Parameters
    ----------
    scorer
        The network.
    learners
        Who taught it: their walks give the mean of each class and the covariance.
    judges
        Who taught it nothing: 99 % of them lie within the limit.

    Returns
    -------
    dict
        ``0.typical.means`` (K, E), ``0.typical.precision`` (E, E) and ``0.typical.limit`` (1,).

    Raises
    ------
    BadInputError
        If there are too few walks, or all are alike.
    """
    labels = [record.label for record in learners.records]
    people = [record.person for record in judges.records]
    try:
        found = fit_gaussians(_vectors(scorer, learners), labels, len(learners.classes))
        limit = typical_limit(found.distance(_vectors(scorer, judges)), people)
    except ValueError as error:
        raise BadInputError(
            f"How typical walks look cannot be learned: {error}.",
            "Give more walks of each class, or set typicality to false.",
        ) from error
    arrays = {"means": found.means, "precision": found.precision, "limit": np.array([limit])}
    return {f"0.{TYPICAL}{name}": array.astype(np.float32) for name, array in arrays.items()}


def _vectors(scorer: NetworkScorer, people: Prepared) -> NDArray[np.float64]:
    return np.stack([scorer.look(record.clip).vectors.mean(axis=0) for record in people.records])
