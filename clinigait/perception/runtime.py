"""OpenVINO without its telemetry."""

from __future__ import annotations

import sys
from typing import Any


def openvino() -> Any:  # noqa: ANN401  a module
    """Import OpenVINO so that it sends nothing.

    The package brings ``openvino_telemetry``, which reports the very import to a third party
    unless a file in the user's home says otherwise. Where that module cannot be imported,
    OpenVINO uses a stub of its own that does nothing; so we make it impossible to import.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as ov  # noqa: PLC0415  half a second that most commands do not need

    return ov
