"""Settings of networks are read strictly, and every fault names the setting."""

from __future__ import annotations

import pytest

from clinigait.nn.settings import Settings


def _of(value: object) -> Settings:
    return Settings("net", {"x": value})


def test_what_is_given_is_read() -> None:
    assert _of([1, 2.5]).numbers("x", 2) == (1.0, 2.5)
    assert _of(0.25).share("x") == 0.25
    assert _of([[0, 3], []]).groups("x", 4) == ((0, 3), ())


def test_what_is_left_out_has_its_default() -> None:
    assert Settings("net", {}).share("x", 0.5) == 0.5
    assert Settings("net", {}).groups("x", 4) == ()
    with pytest.raises(ValueError, match="net needs the setting 'x'"):
        Settings("net", {}).numbers("x", 2)


@pytest.mark.parametrize(
    "value", [[1], [1, 2, 3], "12", 1, None, [1, "2"], [1, True], [1, float("nan")], [1, 1e300]]
)
def test_numbers_are_so_many_and_finite(value: object) -> None:
    with pytest.raises(ValueError, match="net: x has to be a list of 2 numbers"):
        _of(value).numbers("x", 2)


@pytest.mark.parametrize("value", [-0.1, 1, 1.0, True, "0.5", None, float("nan"), [0.5]])
def test_a_share_is_below_one(value: object) -> None:
    with pytest.raises(ValueError, match="net: x has to be a number from 0 to below 1"):
        _of(value).share("x")


@pytest.mark.parametrize("value", [[[4]], [[-1]], [[1.0]], [[True]], [1], "12", ["12"], 3, [None]])
def test_groups_are_lists_of_numbers_below_the_limit(value: object) -> None:
    with pytest.raises(ValueError, match="net: x has to be lists of whole numbers from 0 to 3"):
        _of(value).groups("x", 4)


def test_settings_that_nobody_asked_for_are_named() -> None:
    settings = Settings("net", {"x": 0.5, "y": 1})
    settings.share("x")
    with pytest.raises(ValueError, match="net has no setting 'y'; it has x"):
        settings.finish()
