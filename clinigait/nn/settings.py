"""Settings of one network as they stand in JSON, read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard


class Settings:
    """Reads each setting once and complains of those that nobody asked for.

    Parameters
    ----------
    kind
        Kind of the network, for messages.
    values
        The settings.
    """

    def __init__(self, kind: str, values: Mapping[str, object]) -> None:
        self.kind = kind
        self._values = values
        self._known: list[str] = []

    def integer(self, name: str, default: int | None = None, smallest: int = 1) -> int:
        """Return a whole number, at least `smallest`; without a default it has to be there."""
        value = self._take(name, default)
        if not _whole(value) or value < smallest:
            raise self._wrong(name, f"a whole number of at least {smallest}", value)
        return value

    def number(self, name: str, default: float | None) -> float:
        """Return a number above 0; without a default it has to be there."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            raise self._wrong(name, "a number above 0", value)
        return float(value)

    def boolean(self, name: str, default: bool) -> bool:
        """Return true or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of some words; the first is the default."""
        value = self._take(name, choices[0])
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(name, f"one of {', '.join(choices)}", value)
        return value

    def words(self, name: str, choices: Sequence[str]) -> tuple[str, ...]:
        """Return some words, each once, in the order of the choices; all of them by default."""
        value = self._take(name, choices)
        listed = value if isinstance(value, list | tuple) else ()
        if (
            not listed
            or len(set(map(str, listed))) < len(listed)
            or not set(listed) <= set(choices)
        ):
            raise self._wrong(name, f"a list of some of {', '.join(choices)}", value)
        return tuple(word for word in choices if word in listed)

    def integers(self, name: str, default: Sequence[int], smallest: int = 1) -> tuple[int, ...]:
        """Return whole numbers, given as a list or as one number; null is the default."""
        value = self._take(name, default)
        value = default if value is None else value
        listed = [value] if _whole(value) else value
        if not isinstance(listed, list | tuple) or not all(map(_whole, listed)):
            raise self._wrong(name, "a list of whole numbers", value)
        numbers = tuple(int(number) for number in listed)
        if any(number < smallest for number in numbers) or (not numbers and default):
            raise self._wrong(name, f"a list of whole numbers of at least {smallest}", value)
        return numbers

    def numbers(self, name: str, count: int) -> tuple[float, ...]:
        """Return so many finite numbers; they have to be there."""
        value = self._take(name, None)
        listed = value if isinstance(value, list | tuple) else ()
        if len(listed) != count or not all(_number(number) for number in listed):
            raise self._wrong(name, f"a list of {count} numbers", value)
        return tuple(float(number) for number in listed)

    def share(self, name: str, default: float = 0.0) -> float:
        """Return a number from 0 to below 1."""
        value = self._take(name, default)
        if not _number(value) or not 0 <= value < 1:
            raise self._wrong(name, "a number from 0 to below 1", value)
        return float(value)

    def groups(self, name: str, below: int) -> tuple[tuple[int, ...], ...]:
        """Return lists of whole numbers from 0 to below a limit; none is the default."""
        value = self._take(name, ())
        found: list[tuple[int, ...]] = []
        for group in value if isinstance(value, list | tuple) else [None]:
            members = group if isinstance(group, list | tuple) else [None]
            if not all(_whole(member) and 0 <= member < below for member in members):
                raise self._wrong(name, f"lists of whole numbers from 0 to {below - 1}", value)
            found.append(tuple(int(member) for member in members if member is not None))
        return tuple(found)

    def pairs(self, name: str) -> list[tuple[int, int]]:
        """Return a list of pairs of whole numbers; it has to be there."""
        value = self._take(name, None)
        listed = value if isinstance(value, list | tuple) else [None]
        found: list[tuple[int, int]] = []
        for pair in listed:
            if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(map(_whole, pair)):
                raise self._wrong(name, "a list of pairs of whole numbers", value)
            found.append((int(pair[0]), int(pair[1])))
        return found

    def section(self, name: str) -> Settings | None:
        """Return settings within the settings; None where there are none."""
        value = self._take(name, {})
        if not isinstance(value, Mapping):
            raise self._wrong(name, "settings by name", value)
        return Settings(f"{self.kind}.{name}", value) if value else None

    def finish(self) -> None:
        """Complain of settings that nobody asked for.

        Raises
        ------
        ValueError
            If there are any.
        """
        strange = sorted(set(self._values) - set(self._known))
        if strange:
            raise ValueError(
                f"{self.kind} has no setting {', '.join(map(repr, strange))}; "
                f"it has {', '.join(self._known)}"
            )

    def _take(self, name: str, default: object) -> object:
        self._known.append(name)
        if name not in self._values and default is None:
            raise ValueError(f"{self.kind} needs the setting {name!r}")
        return self._values.get(name, default)

    def _wrong(self, name: str, wanted: str, value: object) -> ValueError:
        return ValueError(f"{self.kind}: {name} has to be {wanted}, not {value!r}")


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
