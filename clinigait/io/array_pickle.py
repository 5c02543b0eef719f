"""Pickles that hold arrays of numbers, read without running what is written in them.

A pickle is a program for a small machine, and Python's own reader does whatever it says. Here the
program is only parsed; a machine that knows nothing but arrays, lists, tuples, dictionaries, texts
and numbers follows it. It calls nothing by name: five names that arrays are written with have a
meaning of its own, any other name ends the reading. Everything has a limit, so that a small file
cannot fill the memory. Protocols 2 to 5, of numpy 1 and 2 (numpy.org/neps/nep-0001 for the types).
"""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io._source import checked_file

#: Larger files are refused before they are opened, as is content that would unfold to more.
MAX_FILE_BYTES = 256 * 1024**2
_MAX_UNFOLDED_BYTES = 1024**3
#: A walk has few thousand frames; a list of as many arrays takes twenty steps for each.
_MAX_STEPS = 2_000_000
_MAX_ITEMS = 200_000
_MAX_DEPTH = 16
_MAX_AXES = 8
_PROTOCOLS = range(2, 6)

_MEANING: Mapping[str, str] = {
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "_codecs encode": "encode",
    "__builtin__ bytes": "bytes",
    "builtins bytes": "bytes",
    **{f"numpy.{core}.multiarray _reconstruct": "reconstruct" for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray scalar": "scalar" for core in ("core", "_core")},
    **{f"numpy.{core}.numeric _frombuffer": "frombuffer" for core in ("core", "_core")},
}
_NUMBERS = frozenset(
    ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?", "B", "b")
)
_PLAIN = frozenset(
    ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE",
     "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8")
)  # fmt: skip
_CONSTANTS: Mapping[str, bool | None] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUTS, _GETS = ("BINPUT", "LONG_BINPUT"), ("BINGET", "LONG_BINGET")
_MARK = object()


class _NotArraysError(Exception):
    """What the file holds instead."""


@dataclass(eq=False)
class _Name:
    meaning: str


@dataclass(eq=False)
class _Type:
    dtype: np.dtype[Any]


@dataclass(eq=False)
class _Array:
    content: NDArray[np.generic] | None = None
    scalar: bool = False


def read_array_pickle(path: Path) -> object:
    """Read a pickle of arrays, or of lists, tuples and dictionaries of arrays.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    object
        What was pickled: arrays of whole numbers, floats or truth values (they may be read-only),
        in lists, tuples and dictionaries, with numbers, texts and None.

    Raises
    ------
    BadInputError
        If it cannot be read, or holds anything else: nothing of it is executed.
    """
    if checked_file(path).stat().st_size > MAX_FILE_BYTES:
        raise BadInputError(
            f"{path.name} has more than {MAX_FILE_BYTES // 1024**2} MB.", "Give one walk a file."
        )
    try:
        return _unfolded(_followed(path.read_bytes()))
    except _NotArraysError as error:
        raise BadInputError(
            f"{path.name} was not read: it holds {error}, and a pickle may hold only arrays of "
            "numbers here.",
            "Write it again from plain numpy arrays, or get it from those who made it.",
        ) from error
    # What pickletools, and numpy with impossible shapes, say of damaged content.
    except (ValueError, IndexError, TypeError, KeyError, OverflowError) as error:
        raise BadInputError(
            f"{path.name} is not a pickle, or a damaged one.", "Copy or download it again."
        ) from error
    except OSError as error:
        raise BadInputError(f"{path.name} cannot be read.", "Check its name and place.") from error


def read_stacked(path: Path) -> NDArray[np.generic]:
    """Read a pickle of one array, or of a list of arrays of one shape, one a frame.

    Raises
    ------
    BadInputError
        If it holds something else.
    """
    content = read_array_pickle(path)
    if isinstance(content, np.ndarray):
        return content
    if isinstance(content, list | tuple) and content:
        frames = [frame for frame in content if isinstance(frame, np.ndarray)]
        alike = len({(frame.shape, frame.dtype) for frame in frames}) == 1
        if alike and len(frames) == len(content):
            return np.stack(frames)
    raise BadInputError(
        f"{path.name} holds neither one array nor a list of arrays of one shape.",
        "Give a pickle with the frames of one walk.",
    )


# ---------------------------------------------------------------- the machine
def _followed(data: bytes) -> object:
    """Return what the program leaves; arrays still as :class:`_Array`."""
    source = io.BytesIO(data)
    machine = _Machine()
    for step, (opcode, argument, _) in enumerate(pickletools.genops(source)):
        if step == 0 and (opcode.name != "PROTO" or argument not in _PROTOCOLS):
            raise _NotArraysError("another protocol than 2 to 5")
        if step > _MAX_STEPS:
            raise _NotArraysError("more steps than arrays need")
        machine.step(opcode.name, argument)
    if source.tell() != len(data):
        raise _NotArraysError("something after its end")
    return machine.result()


class _Machine:
    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[object, object] = {}
        self._encoded = 0

    def step(self, name: str, argument: object) -> None:
        """Follow one instruction."""
        if name in _PLAIN:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            self._stack.append(tuple(self._taken(_TUPLES[name])))
        elif name in _PUTS or name == "MEMOIZE":
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = self._top()
        elif name in _GETS:
            self._stack.append(self._memo[argument])
        elif name == "GLOBAL":
            self._stack.append(_named(str(argument)))
        elif name not in ("PROTO", "FRAME", "STOP"):
            special = self._SPECIAL.get(name)
            if special is None:
                raise _NotArraysError(f"the instruction {name}")
            special(self)

    def result(self) -> object:
        """Return what is left when the program has ended."""
        (left,) = self._stack
        return left

    def _top(self) -> object:
        if not self._stack or self._stack[-1] is _MARK:
            raise ValueError("nothing there")
        return self._stack[-1]

    def _taken(self, count: int) -> list[Any]:
        if count == 0:
            return []
        taken = self._stack[-count:]
        if len(taken) < count or any(item is _MARK for item in taken):
            raise ValueError("nothing there")
        del self._stack[-count:]
        return taken

    def _since_mark(self) -> list[Any]:
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:  # IndexError where there is none
            at -= 1
            if at < 0:
                raise ValueError("no mark")
        since = self._stack[at + 1 :]
        del self._stack[at:]
        return since

    def _stack_global(self) -> None:
        module, name = self._taken(2)
        self._stack.append(_named(f"{module} {name}" if _texts(module, name) else ""))

    def _append(self, items: Sequence[Any]) -> None:
        whole = self._top()
        if type(whole) is not list:
            raise _NotArraysError("a list that is none")
        whole.extend(items)

    def _set(self, items: Sequence[Any]) -> None:
        whole = self._top()
        if type(whole) is not dict or any(not isinstance(k, str | int) for k in items[::2]):
            raise _NotArraysError("a dictionary that is none")
        whole.update(zip(items[::2], items[1::2], strict=True))

    def _reduce(self) -> None:
        called, arguments = self._taken(2)
        if not isinstance(called, _Name) or type(arguments) is not tuple:
            raise _NotArraysError("a call of something that was made")
        made = _made(called.meaning, arguments)
        # The one call that copies: a long text must not be copied over and over.
        self._encoded += len(made) if isinstance(made, bytes) else 0
        if self._encoded > 2 * MAX_FILE_BYTES:
            raise _NotArraysError("more than any walk, many times over")
        self._stack.append(made)

    def _build(self) -> None:
        (state,) = self._taken(1)
        built = self._top()
        if isinstance(built, _Type):
            _set_order(built, state)
        elif isinstance(built, _Array) and built.content is None:
            version, shape, dtype, by_columns, data = state
            if version != 1:
                raise ValueError("another version")
            built.content = _filled(data, dtype, shape, "F" if by_columns else "C")
        else:
            raise _NotArraysError("a state for something that has none")

    _SPECIAL: Mapping[str, Any] = {
        "MARK": lambda self: self._stack.append(_MARK),
        "EMPTY_LIST": lambda self: self._stack.append([]),
        "EMPTY_DICT": lambda self: self._stack.append({}),
        "TUPLE": lambda self: self._stack.append(tuple(self._since_mark())),
        "APPEND": lambda self: self._append(self._taken(1)),
        "APPENDS": lambda self: self._append(self._since_mark()),
        "SETITEM": lambda self: self._set(self._taken(2)),
        "SETITEMS": lambda self: self._set(self._since_mark()),
        "STACK_GLOBAL": _stack_global,
        "REDUCE": _reduce,
        "BUILD": _build,
    }


# ---------------------------------------------------------------- what names mean
def _texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _named(name: str) -> _Name:
    if name not in _MEANING:
        raise _NotArraysError(f"the name {_shown(name).replace(' ', '.')}")
    return _Name(_MEANING[name])


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:80])


def _made(meaning: str, arguments: tuple[Any, ...]) -> object:
    """Return what a call would have given, of the few that arrays are written with."""
    if meaning == "encode":
        text, encoding = arguments
        if not _texts(text, encoding) or encoding not in ("latin1", "latin-1"):
            raise _NotArraysError("bytes in another encoding")
        return text.encode("latin-1")
    if meaning == "bytes" and not arguments:
        return b""
    if meaning == "dtype" and len(arguments) == 3:
        return _Type(_number_type(arguments[0]))
    if meaning == "reconstruct" and len(arguments) == 3:
        if isinstance(arguments[0], _Name) and arguments[0].meaning == "ndarray":
            return _Array()
        raise _NotArraysError("an array of another kind")
    if meaning == "scalar" and len(arguments) == 2:
        dtype, data = arguments
        return _Array(_filled(data, dtype, (), "C"), scalar=True)
    if meaning == "frombuffer" and len(arguments) == 4:
        data, dtype, shape, order = arguments
        return _Array(_filled(data, dtype, shape, order))
    raise _NotArraysError(f"a call of {meaning} that arrays do not need")


def _number_type(code: object) -> np.dtype[Any]:
    if not isinstance(code, str) or code not in _NUMBERS:
        raise _NotArraysError(
            f"an array of type {_shown(code) if isinstance(code, str) else '?'}, not of numbers"
        )
    return np.dtype(code)


def _set_order(made: _Type, state: object) -> None:
    if not isinstance(state, tuple) or len(state) != 8 or state[1] not in ("|", "<", ">", "="):
        raise _NotArraysError("a type with more to it than numbers")
    if any(part is not None for part in state[2:5]):
        raise _NotArraysError("an array of records")
    if state[1] in ("<", ">"):
        made.dtype = made.dtype.newbyteorder(state[1])


def _filled(data: object, dtype: object, shape: object, order: object) -> NDArray[np.generic]:
    """Return an array over its bytes, once it is known that they are as many as it needs."""
    if not isinstance(data, bytes | bytearray) or not isinstance(dtype, _Type):
        raise _NotArraysError("an array of objects")
    if type(shape) is not tuple or len(shape) > _MAX_AXES or order not in ("C", "F"):
        raise _NotArraysError("an array of impossible shape")
    if any(type(n) is not int or not 0 <= n <= MAX_FILE_BYTES for n in shape):
        raise _NotArraysError("an array of impossible shape")
    if math.prod(shape) * dtype.dtype.itemsize != len(data):
        raise _NotArraysError("an array whose shape and bytes disagree")
    if not data:
        return np.zeros(shape, dtype.dtype)
    flat: NDArray[np.generic] = np.frombuffer(data, dtype.dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")


# ---------------------------------------------------------------- the content
class _Budget:
    """How much may still be unfolded: what is named twice counts twice."""

    def __init__(self) -> None:
        self.items, self.size = _MAX_ITEMS, _MAX_UNFOLDED_BYTES

    def take(self, size: int) -> None:
        self.items -= 1
        self.size -= size
        if self.items < 0 or self.size < 0:
            raise _NotArraysError("more than any walk, many times over")


def _unfolded(content: object, depth: int = 0, budget: _Budget | None = None) -> object:
    budget = budget or _Budget()
    if depth > _MAX_DEPTH:
        raise _NotArraysError("lists in lists in lists without end")
    if isinstance(content, _Array):
        if content.content is None:
            raise _NotArraysError("an array that was never filled")
        budget.take(content.content.nbytes)
        return content.content[()] if content.scalar else content.content
    budget.take(len(content) if isinstance(content, str | bytes | bytearray) else 0)
    if isinstance(content, list | tuple):
        parts = [_unfolded(part, depth + 1, budget) for part in content]
        return parts if isinstance(content, list) else tuple(parts)
    if isinstance(content, dict):
        return {key: _unfolded(value, depth + 1, budget) for key, value in content.items()}
    if content is None or isinstance(content, bool | int | float | str | bytes | bytearray):
        return content
    raise _NotArraysError("a type or a name by itself")
