"""Networks of colour and depth begin with an encoder that a user brought. Needs PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.models.yolo11_weights import Yolo11Weights, read_yolo11_weights
from clinigait.nn import build_network
from clinigait.nn.rgbd_fusion import RgbdFusion
from clinigait.training.plan import NetworkPlan


class EncoderStart(NamedTuple):
    """What a network begins with.

    Parameters
    ----------
    arrays
        Weights of its encoders, by the keys of its state.
    weights
        What the file was.
    """

    arrays: dict[str, NDArray[Any]]
    weights: Yolo11Weights


def encoder_start(network: NetworkPlan, path: Path, n_classes: int) -> EncoderStart:
    """Return the weights of the encoders of a network, by the keys of its state.

    Parameters
    ----------
    network
        Of the kind ``rgbd_fusion``, of width 1: weights of others do not fit.
    path
        Safetensors, see :func:`clinigait.models.yolo11_weights.read_yolo11_weights`.
    n_classes
        Of the task.

    Raises
    ------
    BadInputError
        If the file cannot be used, or the network has no such encoder.
    """
    spec = {**network.spec, "classes": n_classes}
    if spec.get("kind") != "rgbd_fusion":
        raise BadInputError(
            f"A network of the kind {str(spec.get('kind'))[:40]} has no encoder of YOLO11.",
            "Leave --encoder out, or train a protocol of colour and depth.",
        )
    given = read_yolo11_weights(
        path, str(spec.get("encoder", "n")), str(spec.get("sppf_act", "silu"))
    )
    # Nobody's random numbers change because a file is read.
    with torch.random.fork_rng(devices=[]):
        module = build_network(spec)
    assert isinstance(module, RgbdFusion)  # noqa: S101  for the type checker
    try:
        module.start_from(given.state)
    except ValueError as error:
        raise BadInputError(
            f"{path.name[:80]} does not fit the protocol: {error}.",
            f"Set width: 1 and encoder: {given.scale} in a copy of the protocol.",
        ) from error
    state = module.state_dict()
    arrays = {k: np.asarray(v.numpy()) for k, v in state.items() if ".encoder." in k}
    return EncoderStart(arrays, given)
