"""Distributions as data: where a quantity lies among people, and by whose word.

Chance is a hash of who is drawn, not a stream: a number never depends on how many people are
drawn, on the order in a file, or on a quantity that somebody added.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from scipy.special import ndtr, ndtri

from clinigait.core import BadInputError

_STRICT: dict[str, str | bool] = {"extra": "forbid", "allow_inf_nan": False}
#: Source of a number that nobody published: it needs a reason.
INFERENCE = "inference"
#: Probabilities nearer to 0 or 1 have no finite score.
_EDGE = 1e-12
#: Of the largest number that a computer holds.
_LARGEST_LOG = 700.0

Value = float | str
Kind = Literal["normal", "lognormal", "uniform", "choice", "fixed"]
Level = Literal["person", "visit", "walk"]
Evidence = Literal["read", "abstract", "secondary", "recalled"]


@dataclass(frozen=True)
class Source:
    """A publication.

    Parameters
    ----------
    citation
        Authors, year, journal.
    doi
        Empty where none was found.
    evidence
        How far its figures were checked: ``read`` in the paper or a table taken from it,
        ``abstract``, ``secondary`` (other work quotes them), ``recalled`` (not read again; to be
        compared with the paper before a rule rests on them).
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    citation: str
    evidence: Evidence
    doi: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table by age and sex.

    Parameters
    ----------
    age_y
        First and last year of age that it holds for.
    mean, sd
        Of the quantity (of a lognormal one: the median). Between the middles of two rows both
        are interpolated; ``sd`` None takes that of the draw.
    sex
        None for both.
    source
        None takes that of the draw.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    age_y: tuple[float, float]
    mean: float
    sd: float | None = None
    sex: Literal["female", "male"] | None = None
    source: str | None = None

    @property
    def middle_y(self) -> float:
        """Middle of the years, the last one whole."""
        return (self.age_y[0] + self.age_y[1] + 1) / 2


@dataclass(frozen=True)
class Slope:
    """How the mean changes with another quantity: by ``per`` for each unit beyond ``about``."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    per: float
    about: float


@dataclass(frozen=True)
class Correlation:
    """How a person's place in this distribution goes with the place in another one.

    The distribution itself stays as it is (a Gaussian copula).
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    of: str
    r: float

    def __post_init__(self) -> None:
        if not -1 < self.r < 1:
            raise ValueError("a correlation lies between -1 and 1")


@dataclass(frozen=True)
class Draw:
    """How one quantity is distributed.

    Parameters
    ----------
    source, why
        Key of the population's sources; or ``inference``, and why.
    kind
        ``normal``: ``mean`` and ``sd``; ``lognormal``: ``mean`` is the median, ``sd`` that of the
        logarithm; ``uniform``: ``low`` to ``high``; ``choice``: ``options``; ``fixed``: ``mean``
        with what slopes and shifts add.
    mean, sd, low, high
        In the unit of the quantity. Beyond ``low`` and ``high`` nothing is drawn: the
        distribution is cut there, not heaped up.
    table
        By age and sex, instead of ``mean``.
    options, by, options_by
        Shares by option; or shares by the value of another quantity (``by``).
    slopes, shifts
        What is added to the mean by other quantities (of a lognormal one: to the logarithm).
    correlation
        With one other quantity.
    level
        Whether a person has one value, or each visit, or each walk its own.
    visit_sd, walk_sd
        How the value of a person varies from visit to visit and from walk to walk (of a lognormal
        one: its logarithm).
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    source: str
    why: str = ""
    kind: Kind = "normal"
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    table: tuple[Row, ...] = ()
    options: dict[str, float] = field(default_factory=dict)
    by: str | None = None
    options_by: dict[str, dict[str, float]] = field(default_factory=dict)
    slopes: dict[str, Slope] = field(default_factory=dict)
    shifts: dict[str, dict[str, float]] = field(default_factory=dict)
    correlation: Correlation | None = None
    level: Level = "person"
    visit_sd: float = 0.0
    walk_sd: float = 0.0

    def __post_init__(self) -> None:
        if self.source == INFERENCE and not self.why:
            raise ValueError("an inference says why")
        _CHECKS[self.kind](self)
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError("low is below high")
        if any(row.age_y[0] > row.age_y[1] for row in self.table):
            raise ValueError("the years of a row go upwards")
        spreads = [self.sd, self.visit_sd, self.walk_sd, *(row.sd for row in self.table)]
        if any(spread is not None and spread < 0 for spread in spreads):
            raise ValueError("a standard deviation is not below 0")

    def needs(self) -> frozenset[str]:
        """Return the names of the quantities that have to be drawn before."""
        names = {*self.slopes, *self.shifts}
        if self.table:
            names |= {"age_y", "sex"}
        if self.by is not None:
            names.add(self.by)
        if self.correlation is not None:
            names.add(self.correlation.of)
        return frozenset(names)

    def sources(self) -> frozenset[str]:
        """Return the keys of all sources of this draw."""
        return frozenset({self.source, *(row.source for row in self.table if row.source)})

    def value(self, score: float, known: Mapping[str, Value], jitter: float = 0.0) -> Value:
        """Return the value at a standard normal score.

        Parameters
        ----------
        score
            Place in the distribution.
        known
            What was drawn before.
        jitter
            What visit and walk add, in the unit of ``visit_sd``.

        Raises
        ------
        BadInputError
            If a choice says nothing for the value that it hangs on.
        """
        if self.kind == "choice":
            return self._chosen(float(ndtr(score)), known)
        if self.kind == "uniform":
            low, high = _number(self.low), _number(self.high)
            return self._within(low + (high - low) * float(ndtr(score)) + jitter)
        mean, sd = self._moments(known)
        if self.kind == "lognormal":
            ends = [None if end is None else math.log(end) for end in (self.low, self.high)]
            log = _cut_normal(score, math.log(mean) + self._added(known), sd, ends[0], ends[1])
            return self._within(math.exp(min(log + jitter, _LARGEST_LOG)))
        mean += self._added(known)
        if self.kind == "fixed":
            return self._within(mean + jitter)
        return self._within(_cut_normal(score, mean, sd, self.low, self.high) + jitter)

    def _within(self, value: float) -> float:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return float(min(max(value, low), high))

    def _chosen(self, probability: float, known: Mapping[str, Value]) -> str:
        options = self.options
        if self.by is not None:
            options = self.options_by.get(_text(known[self.by]), self.options)
        if not options:
            raise BadInputError(
                f"A choice by {self.by} has no options for "
                f"{_text(known.get(self.by or '', ''))[:40]}.",
                "Give options_by for every value, or options for the rest.",
            )
        left = probability * sum(options.values())
        for option, share in options.items():
            left -= share
            if left < 0:
                return option
        return option

    def _moments(self, known: Mapping[str, Value]) -> tuple[float, float]:
        if not self.table:
            return _number(self.mean), self.sd or 0.0
        rows = [row for row in self.table if row.sex in (None, known["sex"])]
        rows = sorted(rows, key=lambda row: row.middle_y) or list(self.table)
        age_y = float(known["age_y"])
        later = next((i for i, row in enumerate(rows) if row.middle_y > age_y), len(rows))
        before, after = rows[max(later - 1, 0)], rows[min(later, len(rows) - 1)]
        gap = after.middle_y - before.middle_y
        share = min(max((age_y - before.middle_y) / gap, 0.0), 1.0) if gap > 0 else 0.0
        spreads = [row.sd if row.sd is not None else self.sd or 0.0 for row in (before, after)]
        return (
            before.mean + share * (after.mean - before.mean),
            spreads[0] + share * (spreads[1] - spreads[0]),
        )

    def _added(self, known: Mapping[str, Value]) -> float:
        added = sum(
            slope.per * (float(known[name]) - slope.about) for name, slope in self.slopes.items()
        )
        return added + sum(
            shift.get(_text(known[name]), 0.0) for name, shift in self.shifts.items()
        )


def _of_normal(draw: Draw) -> None:
    if (draw.mean is None) == (not draw.table):
        raise ValueError("give a mean or a table, and not both")
    if draw.sd is None and (not draw.table or any(row.sd is None for row in draw.table)):
        raise ValueError("a standard deviation is missing")
    if draw.kind == "lognormal":
        numbers = [draw.mean, draw.low, draw.high, *(row.mean for row in draw.table)]
        if any(number is not None and number <= 0 for number in numbers):
            raise ValueError("a lognormal quantity is above 0")


def _of_uniform(draw: Draw) -> None:
    if draw.low is None or draw.high is None:
        raise ValueError("a uniform quantity has a low and a high end")


def _of_choice(draw: Draw) -> None:
    if (draw.by is None) != (not draw.options_by) or not (draw.options or draw.options_by):
        raise ValueError("a choice has options, or options_by with by")
    for shares in (draw.options, *draw.options_by.values()):
        if shares and (min(shares.values()) < 0 or not sum(shares.values()) > 0):
            raise ValueError("shares are not below 0, and not all 0")


def _of_fixed(draw: Draw) -> None:
    if (draw.mean is None) == (not draw.table):
        raise ValueError("give a mean or a table, and not both")
    if draw.sd is not None:
        raise ValueError("a fixed quantity does not vary")


_CHECKS = {
    "normal": _of_normal,
    "lognormal": _of_normal,
    "uniform": _of_uniform,
    "choice": _of_choice,
    "fixed": _of_fixed,
}


def score_of(*who: object) -> float:
    """Return a standard normal number that belongs to these words and numbers alone."""
    digest = hashlib.blake2b("|".join(map(str, who)).encode(), digest_size=8).digest()
    return float(ndtri((int.from_bytes(digest) + 0.5) / 2**64))


def _cut_normal(
    score: float, mean: float, sd: float, low: float | None, high: float | None
) -> float:
    """Return the value at a score of a normal distribution that is cut at both ends."""
    if sd == 0:
        return mean
    from_p = 0.0 if low is None else float(ndtr((low - mean) / sd))
    to_p = 1.0 if high is None else float(ndtr((high - mean) / sd))
    if low is None and high is None:
        return mean + sd * score
    if to_p - from_p < _EDGE:  # all of it lies beyond one end
        beyond_low = low is not None and mean < low
        return _number(low if beyond_low else high)
    probability = from_p + (to_p - from_p) * float(ndtr(score))
    return mean + sd * float(ndtri(min(max(probability, _EDGE), 1 - _EDGE)))


def _number(value: float | None) -> float:
    if value is None:
        raise AssertionError("checked when the population was read")
    return value


def _text(value: Value) -> str:
    """Return a value as options name it: 3, not 3.0."""
    return value if isinstance(value, str) else f"{value:g}"
