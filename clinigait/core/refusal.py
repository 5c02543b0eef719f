"""The two ways in which clinigait says no.

A *refusal* is a result: the input was read, but an honest measurement cannot be made from it.
A *bad input* is a mistake to correct: the input cannot be read, or what was asked is impossible.
Both say what is wrong and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """A measurement that was not made, and why.

    Parameters
    ----------
    code
        Stable, machine-readable name of the reason, for example ``too_few_strides``.
    message
        One sentence that says what is wrong.
    remedy
        One sentence that says what to do about it.
    """

    code: str
    message: str
    remedy: str


class RefusedError(Exception):
    """Carries a :class:`Refused` up to the pipeline, which records it as the result."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.refused = Refused(code, message, remedy)


class BadInputError(Exception):
    """An input or an argument that cannot be used at all (exit code 2).

    Parameters
    ----------
    message
        One sentence that says what is wrong.
    remedy
        One sentence that says what to do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy
