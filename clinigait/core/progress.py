"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the fraction, 0 to 1, of a piece of work that is done.
Progress = Callable[[float], None]
