"""clinigait: clinical gait assessment from video.

>>> import clinigait
>>> assessment = clinigait.assess("walk.mp4", "out/walk")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinigait._version import __version__

if TYPE_CHECKING:
    from clinigait.core import Assessment, Measurement, Subject, Walk
    from clinigait.pipeline import assess
    from clinigait.request import Request

_HOMES = {
    "assess": "clinigait.pipeline",
    "Request": "clinigait.request",
    "Assessment": "clinigait.core",
    "Measurement": "clinigait.core",
    "Subject": "clinigait.core",
    "Walk": "clinigait.core",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the public names when they are first used: ``import clinigait`` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module clinigait has no attribute {name}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)


__all__ = ["Assessment", "Measurement", "Request", "Subject", "Walk", "__version__", "assess"]
