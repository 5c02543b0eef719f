"""Pickles of arrays are read as they were written; nothing in a pickle is ever executed."""

import pickle  # to write the files that the reader is tried on
import pickletools
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clinigait.core import BadInputError
from clinigait.io import array_pickle
from clinigait.io.array_pickle import read_array_pickle, read_stacked

PROTOCOLS = (2, 3, 4, 5)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "walk.pkl"
    path.write_bytes(content)
    return path


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(
    hnp.arrays(
        st.sampled_from(["u1", "?", "<f4", ">f4", "<f8", ">i2", "i8", "f2"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_an_array_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, protocol: int, array: np.ndarray, flip: bool
) -> None:
    array = np.asfortranarray(array) if flip else array
    path = _file(tmp_path_factory.mktemp("pickled"), pickle.dumps(array, protocol=protocol))
    found = read_array_pickle(path)
    assert isinstance(found, np.ndarray)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("old", [False, True], ids=["numpy 2", "numpy 1"])
@pytest.mark.parametrize("optimised", [False, True])
def test_lists_and_dictionaries_of_arrays_are_read(
    tmp_path: Path, protocol: int, old: bool, optimised: bool
) -> None:
    frames = [np.arange(12, dtype=np.uint8).reshape(3, 4) + n for n in range(3)]
    content = {"frames": frames, "shared": frames[0], "name": "id", "rate": (30.0, 7, None, True),
               "one": np.float32(2.5), 1: np.zeros((0, 4))[::2]}  # fmt: skip
    data = pickle.dumps(content, protocol=protocol)
    if optimised:
        data = pickletools.optimize(data)
    if old:
        data = _as_of_numpy_1(data, protocol)
    found = read_array_pickle(_file(tmp_path, data))
    assert isinstance(found, dict)
    np.testing.assert_array_equal(np.stack(found["frames"]), np.stack(frames))
    assert found["shared"] is found["frames"][0]
    assert found["rate"] == (30.0, 7, None, True)
    assert found["one"] == 2.5
    assert found[1].shape == (0, 4)


def _as_of_numpy_1(data: bytes, protocol: int) -> bytes:
    """Write the older name of the module: one letter less, in the text and in its length."""
    if protocol < 4:
        return data.replace(b"numpy._core.", b"numpy.core.")
    # Without frames lengths need no mending.
    out = []
    steps = list(pickletools.genops(data))
    ends = [pos for _, _, pos in steps[1:]] + [len(data)]
    for (opcode, argument, start), end in zip(steps, ends, strict=True):
        if opcode.name == "FRAME":
            continue
        if opcode.name == "SHORT_BINUNICODE" and argument.startswith("numpy._core."):
            older = argument.replace("._core.", ".core.").encode()
            out.append(b"\x8c" + bytes([len(older)]) + older)
        else:
            out.append(data[start:end])
    return b"".join(out)


def test_frames_in_a_list_are_stacked(tmp_path: Path) -> None:
    frames = [np.full((64, 64), n, np.uint8) for n in range(5)]
    assert read_stacked(_file(tmp_path, pickle.dumps(frames))).shape == (5, 64, 64)
    assert read_stacked(_file(tmp_path, pickle.dumps(np.stack(frames)))).shape == (5, 64, 64)


@pytest.mark.parametrize(
    "content",
    [[], {}, "text", None, [1, 2], [np.zeros(2), np.zeros(3)], [np.zeros(2), 1],
     {"a": np.zeros(2)}],
)  # fmt: skip
def test_what_is_not_the_frames_of_one_walk_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(BadInputError, match="neither one array nor a list"):
        read_stacked(_file(tmp_path, pickle.dumps(content)))


# ---------------------------------------------------------------- what is refused


class _Runs:
    """Runs something when it is unpickled by Python's own reader."""

    def __init__(self, called: object, *arguments: object) -> None:
        self._what = (called, arguments)

    def __reduce__(self) -> tuple:
        return self._what


def _by_name(module: str, name: str, argument: str, protocol: int = 4) -> bytes:
    """Return a pickle that calls a name with one text, whether or not it can be imported here."""
    if protocol < 4:
        called = f"c{module}\n{name}\n".encode()
        return b"\x80\x02" + called + b"X" + _long(argument) + b"\x85R."
    texts = b"".join(b"\x8c" + bytes([len(t)]) + t.encode() for t in (module, name))
    return (
        b"\x80\x04" + texts + b"\x93\x8c" + bytes([len(argument)]) + argument.encode() + b"\x85R."
    )


def _long(text: str) -> bytes:
    return struct.pack("<I", len(text.encode())) + text.encode()


GADGETS = (
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"),
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"), ("builtins", "__import__"),
    ("__builtin__", "eval"), ("importlib", "import_module"), ("operator", "attrgetter"),
    ("numpy", "load"), ("numpy.f2py.diagnose", "run_command"), ("numpy", "memmap"),
    ("numpy.testing._private.utils", "runstring"), ("numpy", "loads"), ("pickle", "loads"),
    ("numpy.core.multiarray", "scalar.__class__"), ("numpy", "ndarray.tofile"),
    ("torch._utils", "_rebuild_tensor_v2"), ("collections", "OrderedDict"),
    ("copyreg", "__newobj__"), ("functools", "partial"), ("types", "CodeType"),
    ("copyreg", "_reconstructor"), ("_codecs", "decode"), ("codecs", "encode"),
    ("numpy.ma.core", "_mareconstruct"), ("numpy", "dtype.__reduce__"),
    ("", ""), ("numpy\u202e", "ndarray"),
)  # fmt: skip


@pytest.mark.parametrize("gadget", GADGETS, ids=".".join)
@pytest.mark.parametrize("protocol", [2, 4])
def test_any_other_name_ends_the_reading(
    tmp_path: Path, gadget: tuple[str, str], protocol: int
) -> None:
    if protocol == 2 and not gadget[0].isascii():
        pytest.skip("names of protocol 2 are plain")
    mark = tmp_path / "executed"
    path = _file(tmp_path, _by_name(*gadget, f"touch {mark}"[:200], protocol))
    with pytest.raises(BadInputError, match=r"holds the name|damaged"):
        read_array_pickle(path)
    assert not mark.exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_executed(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "executed"
    for hidden in (
        _Runs(open, str(mark), "w"),
        [np.zeros(3), _Runs(open, str(mark), "w")],
        {"a": (_Runs(eval, f"open({str(mark)!r}, 'w')"),)},
    ):
        path = _file(tmp_path, pickle.dumps(hidden, protocol=protocol))
        with pytest.raises(BadInputError, match="was not read: it holds the name"):
            read_array_pickle(path)
        assert not mark.exists()


def _shaped(shape: bytes, data: bytes = b"C\x04abcd", code: bytes = b"u1") -> bytes:
    """Return a pickle of an array whose state is written by hand."""
    head = b"\x80\x04\x8c\x16numpy._core.multiarray\x8c\x0c_reconstruct\x93"
    head += b"\x8c\x05numpy\x8c\x07ndarray\x93K\x00\x85C\x01b\x87R"
    kind = b"\x8c\x05numpy\x8c\x05dtype\x93\x8c" + bytes([len(code)]) + code + b"\x89\x88\x87R"
    kind += b"(K\x03\x8c\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return head + b"(K\x01" + shape + kind + b"\x89" + data + b"tb."


def test_the_hand_written_array_is_a_good_one(tmp_path: Path) -> None:
    found = read_array_pickle(_file(tmp_path, _shaped(b"K\x02K\x02\x86")))
    np.testing.assert_array_equal(found, [[97, 98], [99, 100]])


_HUGE = b"J\xff\xff\xff\x7f"
HARMED = {
    "text": b"this is no pickle",
    "protocol 0": pickle.dumps(np.zeros(3), protocol=0),
    "protocol 6": b"\x80\x06N.",
    "no end": b"\x80\x04N",
    "nothing left": b"\x80\x04.",
    "two left": b"\x80\x04NN.",
    "two pickles": pickle.dumps(None) + pickle.dumps(None),
    "a tail": pickle.dumps(None) + b"\0",
    "object array": pickle.dumps(np.array([None, {}], object)),
    "record array": pickle.dumps(np.zeros(2, [("a", "f4")])),
    "text array": pickle.dumps(np.array(["a"])),
    "complex array": pickle.dumps(np.zeros(2, complex)),
    "dates": pickle.dumps(np.zeros(2, "M8[s]")),
    "masked array": pickle.dumps(np.ma.masked_array([1, 2])),
    "matrix": pickle.dumps(np.zeros((2, 2)).view(np.matrix)),
    "a class": pickle.dumps(Path("x")),
    "a set": pickle.dumps({1, 2}),
    "a type alone": pickle.dumps(np.dtype("u1")),
    "a name alone": b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93.",
    "persistent id": b"\x80\x04\x8c\x01xQ.",
    "persistent text": b"\x80\x02Px\n.",
    "extension": b"\x80\x02\x82\x01.",
    "instance": b"\x80\x02(ios\nsystem\n.",
    "object": b"\x80\x02(cnumpy\nndarray\no.",
    "new object": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "new object with keys": b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93)}\x92.",
    "buffer from outside": b"\x80\x05\x97.",
    "buffer made read-only": b"\x80\x05N\x98.",
    "build of a list": b"\x80\x02]}b.",
    "build of an array twice": _shaped(b"K\x02K\x02\x86")[:-1] + b"}b.",
    "call of a list": b"\x80\x02])R.",
    "call with a list": b"\x80\x02cnumpy\ndtype\n]R.",
    "call of ndarray": b"\x80\x02cnumpy\nndarray\nK\x05\x85R.",
    "name from a number": b"\x80\x04K\x01K\x01\x93.",
    "memo of nothing": b"\x80\x04h\x05.",
    "memo of a mark": b"\x80\x04(\x94.",
    "no mark": b"\x80\x04NNNt.",
    "empty stack": b"\x80\x04\x87.",
    "append to a number": b"\x80\x04K\x01K\x01a.",
    "list as a key": b"\x80\x04}]Ns.",
    "half a pair": b"\x80\x04}(Nu.",
    "huge": _shaped(_HUGE + _HUGE + b"\x86"),
    "huge and empty": _shaped(_HUGE + _HUGE + b"K\x00\x87", b"C\x00"),
    "negative": _shaped(b"J\xff\xff\xff\xffJ\xfc\xff\xff\xff\x86"),
    "too few bytes": _shaped(b"K\x05\x85"),
    "too many bytes": _shaped(b"K\x03\x85"),
    "shape of lists": _shaped(b"]\x85"),
    "shape no tuple": _shaped(b"K\x04"),
    "true as a length": _shaped(b"\x88K\x04\x86"),
    "text as bytes": _shaped(b"K\x04\x85", b"\x8c\x04abcd"),
    "list as bytes": _shaped(b"K\x04\x85", b"]"),
    "objects by hand": _shaped(b"K\x04\x85", code=b"O"),
    "void by hand": _shaped(b"K\x04\x85", code=b"V4"),
    "type of two lines": _shaped(b"K\x04\x85", code=b"u1\n\x1b"),
    "type of lists": b"\x80\x02cnumpy\ndtype\n" + b"]" * 5000 + b"a" * 4999 + b"\x89\x88\x87R.",
    "type as expression": _shaped(b"K\x04\x85", code=b"u1,O"),
    "many axes": _shaped(b"(" + b"K\x01" * 40 + b"t", b"C\x01a"),
    "never filled": _shaped(b"K\x02K\x02\x86").split(b"(K\x01")[0] + b".",
    "list in itself": b"\x80\x04]\x94h\x00a.",
    "dictionary in itself": b"\x80\x04}\x94K\x01h\x00s.",
    "deep": b"\x80\x04" + b"]" * 5000 + b"a" * 4999 + b".",
    "deep tuples": b"\x80\x04)" + b"\x85" * 100_000 + b".",
    "tripling": b"\x80\x04]" + b"".join(
        b"\x94h" + bytes([n]) + b"h" + bytes([n]) + b"\x87" for n in range(14)) + b".",
    "wide, in wide": b"\x80\x04]\x94(" + b"N" * 600 + b"e(" + b"h\x00" * 600 + b"t.",
    "text, over and over": b"\x80\x02X" + _long("a" * 1_000_000) + b"q\x00("
    + b"h\x00" * 2000 + b"t.",
    "a bad text": b"\x80\x04\x8c\x02\xff\xfe.",
    "a long length": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"a.",
    "a bad number": b"\x80\x02I1_0x\n.",
}  # fmt: skip


@pytest.mark.parametrize("name", HARMED)
def test_harmed_and_hostile_files_get_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read_array_pickle(_file(tmp_path, HARMED[name]))
    assert "walk.pkl" in refused.value.message
    assert "\n" not in str(refused.value)


def test_a_text_that_is_encoded_over_and_over_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_pickle, "MAX_FILE_BYTES", 2_000_000)
    call = b"c_codecs\nencode\nh\x00X\x06\0\0\0latin1\x86R"
    data = b"\x80\x02X" + _long("a" * 1_000_000) + b"q\x00" + call * 50 + b"t."
    with pytest.raises(BadInputError, match="many times over"):
        read_array_pickle(_file(tmp_path, data))


def test_more_steps_than_arrays_need_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_pickle, "_MAX_STEPS", 1000)
    with pytest.raises(BadInputError, match="more steps"):
        read_array_pickle(_file(tmp_path, b"\x80\x04" + b"N" * 2000))


def test_a_large_file_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, pickle.dumps(np.zeros(2_000_000)))
    monkeypatch.setattr(array_pickle, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(BadInputError, match="more than 0 MB"):
        read_array_pickle(path)


@given(cut=st.floats(0, 0.999), protocol=st.sampled_from(PROTOCOLS))
@settings(max_examples=60, deadline=None)
def test_a_truncated_file_is_named_so(
    tmp_path_factory: pytest.TempPathFactory, cut: float, protocol: int
) -> None:
    data = pickle.dumps([np.arange(30.0), np.zeros((2, 2), np.uint8)], protocol=protocol)
    path = _file(tmp_path_factory.mktemp("cut"), data[: max(1, int(cut * len(data)))])
    with pytest.raises(BadInputError):
        read_array_pickle(path)


@given(where=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_gives_an_array_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, where: int, byte: int
) -> None:
    data = bytearray(pickle.dumps([np.arange(3, dtype=np.uint8), {"a": np.ones(2)}], protocol=4))
    data[where % len(data)] = byte
    path = _file(tmp_path_factory.mktemp("changed"), bytes(data))
    with suppress(BadInputError):
        read_array_pickle(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"none\.pkl cannot be opened"):
        read_array_pickle(tmp_path / "none.pkl")
    with pytest.raises(BadInputError, match="is a folder"):
        read_array_pickle(tmp_path)
