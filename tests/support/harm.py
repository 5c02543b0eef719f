"""Damaged files: a reader gives a walk or says in a sentence why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from clinigait.core import BadInputError, Walk

T = TypeVar("T")


@st.composite
def damaged(draw: DrawFn, content: bytes) -> bytes:
    """Give a file cut short, with bytes changed, or with a part left out or doubled."""
    kind = draw(st.sampled_from(["cut", "change", "leave out", "double"]))
    at = draw(st.integers(0, len(content) - 1))
    if kind == "cut":
        return content[:at]
    if kind == "change":
        changed = bytearray(content)
        early = draw(st.booleans())
        for _ in range(draw(st.integers(1, 6))):
            place = draw(st.integers(0, min(len(content), 2000 if early else len(content)) - 1))
            changed[place] = draw(
                st.one_of(st.integers(0, 255), st.sampled_from(b"\0-.\t\n9eE\xff"))
            )
        return bytes(changed)
    end = min(len(content), at + draw(st.integers(1, 2000)))
    return content[:at] + (content[at:end] * 2 if kind == "double" else b"") + content[end:]


def refused_or_read(read: Callable[[Path], T], path: Path) -> tuple[BadInputError, T | None]:
    """Return why a file was not read, and what was read."""
    try:
        return BadInputError("", ""), read(path)
    except BadInputError as error:
        return error, None


def reads_or_refuses(read: Callable[[Path], Walk], path: Path) -> None:
    """Assert that a reader gives a sound walk or one sentence with a remedy."""
    refusal, walk = refused_or_read(read, path)
    if walk is None:
        assert refusal.message.endswith(".")
        assert refusal.remedy.endswith(".")
        assert "\n" not in str(refusal)
        return
    assert len(walk) >= 2
    assert (np.diff(walk.time_s) > 0).all()
    seen = np.isfinite(walk.keypoints).all(axis=2)
    assert seen.any()
    assert ((walk.confidence > 0) == seen).all()
    assert np.isnan(walk.keypoints[~seen]).all()
    assert walk.provenance["file"] == path.name
