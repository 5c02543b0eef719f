"""Three ways to ask a network where it looked. Needs PyTorch and Captum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from captum.attr import FeatureAblation, IntegratedGradients
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from clinigait.core import SALIENCY_METHODS, BadInputError, RefusedError, SaliencyMethod
from clinigait.explain.networks import BATCH_FRAMES, Part, Voices, batches, placed
from clinigait.explain.seen import SeenWalk
from clinigait.models.network_inputs import MIRRORS
from clinigait.representations.skeleton_inputs import GAIT_ANGLES

#: Nothing is taken away for longer at once.
_LONGEST_MOMENT_S = 0.5
Maps = dict[str, NDArray[np.float64]]
#: (W, C, L, ...) what each number of a part adds to the log-probability.
Method = Callable[[Part, Voices, int, SeenWalk, int], NDArray[np.float64]]


def maps_of(
    method: SaliencyMethod,
    parts: Sequence[Part],
    voices: Voices,
    label: int,
    seen: SeenWalk,
    steps: int = 16,
) -> Maps:
    """Return where the networks looked, laid upon the walk.

    Parameters
    ----------
    method
        How.
    parts, voices
        What is seen, and by whom.
    label
        Number of the class whose log-probability is explained.
    seen
        The walk.
    steps
        Of Integrated Gradients.

    Returns
    -------
    dict
        By kind of input, (T, H, W) of pictures, (T, C, 1) of channels, in nats: contributions
        with their sign, or what is never below 0 for Grad-CAM.

    Raises
    ------
    RefusedError
        ``no_feature_map``: Grad-CAM wants features with a place, and the network has none.
    """
    total: Maps = {}
    for part in parts:
        values = METHODS[method](part, voices, label, seen, steps)
        for kind, each in placed(part, values, seen).items():
            total[kind] = total[kind] + each if kind in total else each
    return total


def check_method(name: str) -> SaliencyMethod:
    """Return a method by its name.

    Raises
    ------
    BadInputError
        If there is none of that name.
    """
    for method in SALIENCY_METHODS:
        if method == name:
            return method
    raise BadInputError(
        f"There is no way of explaining called {name[:40]}.",
        f"Choose of: {', '.join(SALIENCY_METHODS)}.",
    )


def _integrated_gradients(
    part: Part, voices: Voices, label: int, seen: SeenWalk, steps: int
) -> NDArray[np.float64]:
    """Sundararajan et al. 2017, arXiv 1703.01365: Gauss-Legendre points on the straight way."""
    del seen
    found = IntegratedGradients(part.answer(voices)).attribute(
        part.x,
        part.baseline,
        target=label,
        additional_forward_args=part.vector,
        n_steps=steps,
        internal_batch_size=max(len(part), BATCH_FRAMES // part.length),
    )
    return _array(found)


def _grad_cam(
    part: Part, voices: Voices, label: int, seen: SeenWalk, steps: int
) -> NDArray[np.float64]:
    """Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74, on the layer of ``GaitOutput.features``.

    That layer comes with the answer, so its gradient is taken as it is: no hook has to find it.
    """
    del seen, steps
    module = voices[part.number].module
    found = []
    for x, vector in batches(part, part.x):
        seen_x = x.clone().requires_grad_()
        output = module(seen_x, **({} if vector is None else {"vector": vector}))
        features = output.features
        if features is None or features.ndim != part.x.ndim or features[0, 0, 0].numel() < 2:
            raise RefusedError(
                "no_feature_map",
                "Grad-CAM needs a map of features with places, which this network does not have.",
                "Use integrated_gradients or occlusion.",
            )
        score = output.decision_logits().log_softmax(-1)[:, label].sum()
        (slope,) = torch.autograd.grad(score, features)
        weights = slope.mean(dim=tuple(range(2, slope.ndim)), keepdim=True)
        cam = functional.relu((weights * features).sum(1, keepdim=True))
        found.append(functional.interpolate(cam.detach(), part.x.shape[2:], mode="trilinear"))
    # A network of several kinds of picture lays them upon each other: so does its map.
    values = torch.cat(found)
    spread = values.new_zeros(part.x.shape)
    spread[:, :1] = values
    return _array(spread)


def _occlusion(
    part: Part, voices: Voices, label: int, seen: SeenWalk, steps: int
) -> NDArray[np.float64]:
    """Zeiler & Fergus 2014, doi 10.1007/978-3-319-10590-1_53: take a region away for a moment.

    A moment is one phase of one step. What its loss changes is shared evenly by all numbers that
    were taken away.
    """
    del steps
    groups = groups_of(part, seen, frame_by_frame=False)
    # Windows are asked together: number their regions and moments alike.
    wide = len(seen.regions)
    first = groups.reshape(len(groups), -1).min(axis=1) // wide * wide
    apart = groups - first.reshape(-1, *[1] * (groups.ndim - 1))
    groups = np.unique(apart, return_inverse=True)[1].reshape(groups.shape)
    mask, n = torch.from_numpy(groups), int(groups.max()) + 1
    found = FeatureAblation(part.answer(voices)).attribute(
        part.x,
        part.baseline,
        target=label,
        additional_forward_args=part.vector,
        feature_mask=mask,
        perturbations_per_eval=max(1, BATCH_FRAMES // (len(part) * part.length)),
    )
    flat = groups.reshape(len(groups), -1)
    counts = np.stack([np.bincount(row, minlength=n) for row in flat])
    each = np.take_along_axis(counts, flat, axis=1).reshape(groups.shape)
    return _array(found) / each


def groups_of(part: Part, seen: SeenWalk, *, frame_by_frame: bool) -> NDArray[np.int64]:
    """Return (W, C, L, ...) numbers of the region and moment that each number belongs to.

    Parameters
    ----------
    part
        What a network sees.
    seen
        The walk.
    frame_by_frame
        Whether each frame of the walk is a moment: then numbers are those of the cells of
        :func:`clinigait.explain.seen.cells`, flat. Else the phase of a step is one, or a part of
        it of at most half a second.
    """
    moments = np.arange(len(seen.clip)) if frame_by_frame else seen.moments(_LONGEST_MOMENT_S)
    wide, places = len(seen.regions), seen.places
    windows = []
    for start in part.starts:
        own = slice(start, start + part.length)
        rows = []
        for kind in part.kinds:
            labels = places[seen.labels[kind][own]]
            groups = moments[own].reshape(-1, *[1] * (labels.ndim - 1)) * wide + labels
            if kind == GAIT_ANGLES:
                groups = np.moveaxis(groups, 1, 0)
            else:
                channels = seen.clip.frames[kind].shape[1]
                groups = np.broadcast_to(groups, (channels, *groups.shape))
            rows.append(_mirrored(kind, groups) if part.mirror else groups)
        windows.append(np.concatenate(rows))
    return np.stack(windows).astype(np.int64)


def _mirrored(kind: str, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return groups (C, L, ...) where the mirror image has what they are of."""
    turned = MIRRORS[kind](np.moveaxis(groups, 0, 1))
    return np.abs(np.moveaxis(np.asarray(turned), 1, 0)).astype(np.int64)


def _array(tensor: Tensor) -> NDArray[np.float64]:
    return np.asarray(tensor.detach().double().numpy())


METHODS: dict[SaliencyMethod, Method] = {
    "integrated_gradients": _integrated_gradients,
    "grad_cam": _grad_cam,
    "occlusion": _occlusion,
}
