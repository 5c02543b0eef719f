"""Small bundles for tests: a whole card, and weights that nobody trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinigait.core import (
    Baseline,
    Calibration,
    Card,
    DataKind,
    DataUse,
    InputSpec,
    RefusedError,
    Walk,
)
from clinigait.io.bundle import Bundle, write_bundle
from clinigait.models import classifier
from clinigait.models.task import load_task
from clinigait.representations.clip import Clip
from clinigait.representations.inputs import PREPARATIONS, inputs_sha256

#: A small network that looks at pictures of 64 by 44.
SMALL_SPEC: dict[str, Any] = {"kind": "gaitbase", "channels": 2, "parts": 4}
#: A specification that says nothing: for bundles that are read, but never asked.
EMPTY_SPEC: dict[str, Any] = {"backbone": "none"}


def card(task: str = "frailty", kind: DataKind = "synthetic", **changes: Any) -> Card:
    """Return a valid card of a task; ``changes`` replace its fields."""
    classes = load_task(task).classes
    people = dict.fromkeys(classes, 40)
    made = Card(
        name=f"{task}_test",
        version="1.0",
        title=f"Test model of {task}",
        task=task,
        classes=classes,
        inputs=(InputSpec("toy"),),
        networks=({
            "spec": EMPTY_SPEC, "inputs": ["toy"], "window_frames": 30, "hop_frames": 15,
            "mirror": False,
        },),
        calibration=Calibration(
            1.3, 0.1, dict.fromkeys(classes, 0.8), 120, "temperature and split-conformal sets"
        ),
        learned_from="synthetic walkers only" if kind == "synthetic" else "120 people who acted",
        data=(DataUse(
            "test set", "made for tests", "CC0-1.0", kind, 40 * len(classes), 240, people
        ),),
        training={"protocol": "test", "seed": 0},
        metrics={
            "accuracy": 0.8,
            "per_class": {
                name: {"sensitivity": 0.85, "specificity": 0.9, "people": 40} for name in classes
            },
        },
        baselines=(baseline(task),),
        limits=("Made for tests: its numbers mean nothing.",),
        erased=("Speed in m/s.",),
        intended_use="Testing.",
    )  # fmt: skip
    return replace(made, **changes)


def baseline(task: str = "frailty") -> Baseline:
    """Return a table of coefficients in which every column counts."""
    found = load_task(task)
    columns, n = found.baseline.columns, len(found.classes)
    usual = {"speed_mps": (1.0, 0.25), "age_y": (70.0, 10.0), "sex_female": (0.5, 0.5)}
    usual["cadence_spm"] = (105.0, 12.0)
    usual["stride_length_m"] = (1.2, 0.2)
    usual |= dict.fromkeys(("lesser.arm_swing_deg", "greater.arm_swing_deg"), (25.0, 9.0))
    slopes = tuple(
        tuple((-1.0) ** j * 0.6 * (k - (n - 1) / 2) for j in range(len(columns))) for k in range(n)
    )
    mean, sd = zip(*(usual[name] for name in columns), strict=True)
    return Baseline(
        name="baseline", title=found.baseline.title, columns=columns, mean=mean, sd=sd,
        coefficients=slopes, intercepts=(0.0,) * n,
    )  # fmt: skip


def arrays(seed: int = 0) -> dict[str, NDArray[Any]]:
    """Return weights of network 0 that fit :data:`EMPTY_SPEC`, which is nothing."""
    rng = np.random.default_rng(seed)
    return {
        "0.head.weight": rng.normal(size=(3, 16)).astype(np.float32),
        "0.head.bias": rng.normal(size=3).astype(np.float32),
        "0.norm.num_batches_tracked": np.array(7),
    }


def write(folder: Path, task: str = "frailty", **changes: Any) -> Bundle:
    """Write a bundle of nothing into a folder."""
    return write_bundle(folder, card(task, **changes), arrays())


def toy(walk: Walk, options: object = None) -> Clip:
    """Prepare pictures of nothing but the places of a walk's points: bars, one a point."""
    if len(walk) < 40:
        raise RefusedError("toy_too_short", "The walk is too short to see.", "Film a longer walk.")
    pictures = np.zeros((len(walk), 1, 64, 44), np.uint8)
    heights = np.nan_to_num(walk.keypoints[:, :33, 1])
    size = np.ptp(heights) or 1.0
    pictures[:, 0, :33, :] = (255 * (heights - heights.min()) / size).astype(np.uint8)[:, :, None]
    return Clip({"toy": pictures}, {}, walk.time_s)


def know_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the preparation ``toy`` known for a test."""
    monkeypatch.setitem(PREPARATIONS, "toy", ("1", toy))
    monkeypatch.setattr(classifier, "prepare", lambda walk, inputs: toy(walk))


def seeing(
    folder: Path, task: str = "frailty", seed: int = 0, spec: Any = SMALL_SPEC, **changes: Any
) -> Bundle:
    """Write a bundle whose untrained network really looks at its input; needs PyTorch.

    The input is ``toy``, which :func:`know_toy` makes known, or another by ``inputs``; ``spec`` is
    the network's.
    """
    torch = pytest.importorskip("torch")
    from clinigait.nn import build_network

    made = card(task, **changes)
    made = replace(
        made,
        networks=({**made.networks[0], "spec": spec, "inputs": [i.kind for i in made.inputs]},),
        inputs_sha256=inputs_sha256(made.inputs),
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = build_network({**spec, "classes": len(made.classes)})
    weights = {f"0.{key}": value.numpy() for key, value in network.state_dict().items()}
    return write_bundle(folder, made, weights)
