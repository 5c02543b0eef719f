"""Read and write ``assessment.json``: the one file that report, dashboard and store read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from clinigait.core import SCHEMA_VERSION, Assessment, BadInputError, Curve, printed
from clinigait.io.output import replace_file

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Larger files are not assessments: sixty strides with all their curves take about 1 MB.
MAX_BYTES = 64 * 1024 * 1024
MAX_NUMBER = 1e12
TIME_DECIMALS = 4
CURVE_DECIMALS = 2
CURVE_POINTS = 101
#: Seven significant digits, in every file.
significant = printed.significant

_REMEDY = "Give the assessment.json that `clinigait assess` wrote."
_NUMBER_LIST = re.compile(r"\[\n\s+(-?\d[^\[\]{}\"]*?)\n\s+\]")


def write_assessment(assessment: Assessment, path: Path) -> None:
    """Write an assessment as JSON, all or nothing.

    Times are rounded to 0.1 ms, curves to two decimals, other numbers to seven significant digits.

    Parameters
    ----------
    assessment
        What to write.
    path
        The file; an older one is replaced.

    Raises
    ------
    BadInputError
        If the file cannot be written.
    ValueError
        If a number is NaN or infinite, which no assessment may hold.
    """
    replace_file(path, assessment_json(assessment).encode())


def assessment_json(assessment: Assessment) -> str:
    """Return the text that :func:`write_assessment` writes."""
    text = json.dumps(_plain(assessment, ""), ensure_ascii=False, indent=1, allow_nan=False)
    # One number a line would make the curves thousands of lines long. A line break inside the
    # brackets never belongs to a string: JSON writes it there as \n.
    return _NUMBER_LIST.sub(lambda found: "[" + " ".join(found[1].split()) + "]", text) + "\n"


def read_assessment(path: Path) -> Assessment:
    """Read an assessment that :func:`write_assessment` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Assessment
        What it holds; keys that are not known are passed over.

    Raises
    ------
    BadInputError
        If the file is missing, broken, not an assessment, or newer than this version.
    """
    return parsed_assessment(_read_text(path), path.name)


def parsed_assessment(text: str, name: str = "assessment.json") -> Assessment:
    """Return the assessment of a text that :func:`assessment_json` wrote.

    Parameters
    ----------
    text
        JSON.
    name
        How the text is called in a complaint.

    Raises
    ------
    BadInputError
        As :func:`read_assessment`.
    """
    _check_version(_parsed(text, name), name)
    try:
        assessment = _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        raise BadInputError(f"{name} is damaged: {_first_fault(error)}.", _REMEDY) from error
    _check_curves(assessment, name)
    _check_frames(assessment, name)
    return assessment


@cache
def _adapter() -> TypeAdapter[Assessment]:
    return TypeAdapter(Assessment)


def _plain(value: object, key: str) -> object:
    """Return ``value`` as JSON types, its numbers rounded as the field ``key`` asks."""
    if isinstance(value, Curve):
        return {**_fields(value), **_curve_numbers(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        inner = "time_s" if key == "by_method" else ""
        return {_text(str(name)): _plain(item, inner or str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, key) for item in value]
    if isinstance(value, float):
        return _rounded(value, key)
    return _text(value) if isinstance(value, str) else value


def _fields(value: DataclassInstance) -> dict[str, object]:
    return {field.name: _plain(getattr(value, field.name), field.name) for field in fields(value)}


def _curve_numbers(curve: Curve) -> dict[str, object]:
    def rounded(row: tuple[float, ...]) -> list[float]:
        return [round(number, CURVE_DECIMALS) for number in row]

    return {
        "strides": [rounded(row) for row in curve.strides],
        "mean": rounded(curve.mean),
        "sd": None if curve.sd is None else rounded(curve.sd),
    }


def _rounded(value: float, key: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{key} is {value}: leave the value out and give a reason")
    return round(value, TIME_DECIMALS) if key.endswith("_s") else significant(value)


def _text(text: str) -> str:
    # File names that are no valid UTF-8 reach Python as lone surrogates, which no file can hold.
    return text.encode("utf-8", "replace").decode()


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise BadInputError(f"{path.name} is not there, or not a file.", _REMEDY)
        if path.stat().st_size > MAX_BYTES:
            raise BadInputError(f"{path.name} is too large for an assessment.", _REMEDY)
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path.name} is not a text file.", _REMEDY) from error
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path.name} cannot be read.", _REMEDY) from error


def _parsed(text: str, name: str) -> object:
    """Parse with the checks that pydantic leaves out: no NaN, no number beyond all measure."""
    try:
        return json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=lambda digits: _within_measure(float(digits)),
            parse_int=lambda digits: int(_within_measure(float(digits))),
        )
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{name} is not a readable JSON file.", _REMEDY) from error


def _no_constant(token: str) -> float:
    raise ValueError(f"{token} is not a number")


def _within_measure(number: float) -> float:
    if abs(number) > MAX_NUMBER:
        raise ValueError("a number beyond all measure")
    return number


def _check_version(content: object, name: str) -> None:
    version = content.get("schema_version") if isinstance(content, dict) else None
    if not isinstance(version, str) or not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", version):
        raise BadInputError(f"{name} is not an assessment of clinigait.", _REMEDY)
    ours = tuple(int(part) for part in SCHEMA_VERSION.split("."))
    theirs = tuple(int(part) for part in version.split("."))
    if theirs > ours:
        raise BadInputError(
            f"{name} has schema version {version}, this clinigait reads up to {SCHEMA_VERSION}.",
            "Update clinigait.",
        )
    if theirs[0] < ours[0]:
        raise BadInputError(
            f"{name} has the outdated schema version {version}.", "Assess the recording again."
        )


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"])[:80] or "the whole"
    return f"{where}: {fault['msg'][:120]}"


def _check_curves(assessment: Assessment, name: str) -> None:
    curves = assessment.measurement.curves if assessment.measurement else ()
    for curve in curves:
        rows = [*curve.strides, curve.mean, *([curve.sd] if curve.sd is not None else [])]
        whole = all(len(row) == CURVE_POINTS for row in rows)
        if not whole or len(curve.strides) != len(curve.stride_numbers):
            raise BadInputError(f"{name} is damaged: a curve is not complete.", _REMEDY)


def _check_frames(assessment: Assessment, name: str) -> None:
    people = assessment.perception.people if assessment.perception else ()
    pictures = [person.picture for person in people if person.picture is not None]
    for file in [*pictures, *(frame.file for frame in assessment.frames)]:
        if not is_inside(file):
            raise BadInputError(
                f"{name} names a picture outside of its own folder.", "Do not use this file."
            )


def is_inside(file: str) -> bool:
    """Whether a stored path stays in the folder that it is relative to, on any system."""
    parts = {*PurePosixPath(file).parts, *PureWindowsPath(file).parts}
    absolute = PurePosixPath(file).is_absolute() or PureWindowsPath(file).drive
    return not (absolute or ".." in parts or "\0" in file or "\\" in parts)
