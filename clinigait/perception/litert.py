"""Networks that LiteRT runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ai_edge_litert.interpreter import Interpreter


def interpreter_of(weights: Path, threads: int) -> Any:  # noqa: ANN401  of LiteRT
    """Open a ``.tflite`` file, ready to be asked, on so many CPU threads."""
    with _native_stderr_closed():
        interpreter = Interpreter(str(weights), num_threads=threads)
        interpreter.allocate_tensors()
    return interpreter


@contextmanager
def _native_stderr_closed() -> Iterator[None]:
    """Keep the runtime's chatter of its delegates off the terminal: it cannot be switched off."""
    try:
        kept = os.dup(2)
    except OSError:  # it is closed already
        yield
        return
    silent = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silent, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silent)
