"""The mark of synthetic walkers, and where it bars the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinigait.core import RefusedError, is_synthetic, marked, refuse_synthetic
from support.walker import Gait, synthetic_walk


def test_a_marked_walk_is_kept_out_of_normative_sets() -> None:
    plain = synthetic_walk(Gait())
    walk = replace(plain, provenance=marked(plain.provenance))
    assert is_synthetic(walk)
    assert not is_synthetic(plain)
    refuse_synthetic([plain], "a normative set")
    with pytest.raises(RefusedError) as caught:
        refuse_synthetic([plain, walk], "a normative set")
    assert caught.value.refused.code == "synthetic_walk"
    assert "a normative set" in caught.value.refused.message


def test_the_process_that_decodes_films_knows_the_same_mark() -> None:
    from clinigait.core import SYNTHETIC_MARK
    from clinigait.io import _decoder

    assert _decoder.SYNTHETIC_MARK == SYNTHETIC_MARK
