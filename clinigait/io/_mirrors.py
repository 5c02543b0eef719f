"""Other places that carry the same files, as a clinic sets them up for itself."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, urlsplit

from clinigait.core import BadInputError

#: Addresses of folders that hold the files by their own names, separated by commas or spaces.
VARIABLE = "CLINIGAIT_WEIGHTS_MIRRORS"


def mirrored_urls(file_name: str) -> tuple[str, ...]:
    """Return where the user's mirrors would have a file, in the order in which they are named.

    Raises
    ------
    BadInputError
        If a mirror is no https address.
    """
    prefixes = [one for one in re.split(r"[,\s]+", os.environ.get(VARIABLE, "")) if one]
    for prefix in prefixes:
        if urlsplit(prefix).scheme != "https" or not urlsplit(prefix).netloc:
            raise BadInputError(
                f"{VARIABLE} names {prefix[:80]!r}, which is no https address.",
                "Give addresses of folders that begin with https://, separated by commas.",
            )
    return tuple(f"{prefix.rstrip('/')}/{quote(file_name)}" for prefix in prefixes)
