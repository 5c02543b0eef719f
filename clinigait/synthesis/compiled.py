"""Functions that are compiled: the same to the bit for the same input, on one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile a function when it is first called, and keep it for the next process."""
    return cast("_Function", njit(cache=True)(function))
