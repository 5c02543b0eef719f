"""Options of a preparation: plain data of a card, checked before anything is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError

Options = TypeVar("Options")


def read_options(kind: str, wanted: type[Options], options: Mapping[str, Any]) -> Options:
    """Return options as the dataclass that a preparation wants.

    Raises
    ------
    BadInputError
        If one is unknown, missing or impossible.
    """
    try:
        return TypeAdapter(wanted).validate_python(dict(options))
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"][:3]) or "all together"
        raise BadInputError(
            f"The option {where[:60]} of the input {kind} is wrong: {fault['msg'][:120]}.",
            "Mend the protocol, or use the model's own card.",
        ) from error
