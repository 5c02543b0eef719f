"""What is done of a long training, on the disk, so that the same command goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from clinigait.core import BadInputError
from clinigait.io.output import replace_file

_FACTS = "facts"
Done = tuple[dict[str, NDArray[Any]], dict[str, Any]]


class Work:
    """A folder beside the output that holds finished pieces by name.

    The fingerprint of the training stands in its name: another training has another folder, and
    nothing of one is taken for the other's.

    Parameters
    ----------
    out
        Where the bundle will be.
    fingerprint
        Hash of all that the outcome depends on.

    Raises
    ------
    BadInputError
        If the output is a file.
    """

    def __init__(self, out: Path, fingerprint: str) -> None:
        if out.exists() and not out.is_dir():
            raise BadInputError(
                f"{out.name[:80]} is a file, not a folder.", "Choose another --out."
            )
        place = out.absolute()
        self.folder = place.parent / f".{place.name}.{fingerprint[:12]}.part"

    def state_of(self, name: str) -> Path:
        """Return where a fit that is under way keeps its state; the folder is made now.

        Raises
        ------
        BadInputError
            If it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(
                f"The folder {self.folder.parent.name[:80]} cannot be written: "
                f"{error.strerror or error}.",
                "Choose another --out.",
            ) from error
        return self.folder / f"{name}.state"

    def done(self, name: str) -> Done | None:
        """Return arrays and facts of a finished piece; None where it is not done."""
        path = self.folder / f"{name}.done"
        if not path.is_file():
            return None
        try:
            with safe_open(path, "np") as file:
                facts = json.loads(file.metadata()[_FACTS])
                return {key: file.get_tensor(key) for key in file.keys()}, facts  # noqa: SIM118
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            return None  # it is made anew

    def keep(self, name: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Keep a finished piece, and drop the state of its fit.

        Raises
        ------
        BadInputError
            If it cannot be written.
        """
        whole = {key: np.array(array, order="C") for key, array in arrays.items()}
        replace_file(self.folder / f"{name}.done", save(whole, {_FACTS: json.dumps(facts)}))
        self.state_of(name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder: the bundle is there."""
        shutil.rmtree(self.folder, ignore_errors=True)
