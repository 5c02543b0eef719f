"""The honesty report of the virtual clinic as a PDF."""

import pypdfium2
import pytest
from PIL import Image

from clinigait.core import BadInputError
from clinigait.report.honesty import Chapter, Strip, write_honesty

CHAPTERS = (
    Chapter("Feet", "What was looked at.", ("walk", "mm"), (("man", "1.2"),), (3, 1),
            ("Worst 1.2 mm.", True)),
    Chapter("Gaits", "More.", ("gait",), (), (1,), ("2 of 3 gates are passed.", False)),
)  # fmt: skip


def _text(path) -> str:
    pages = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def test_all_chapters_are_printed_and_every_page_says_that_nobody_is_real(tmp_path) -> None:
    strips = [Strip("A man.", Image.new("RGB", (300, 100), "grey")) for _ in range(2)]
    write_honesty(tmp_path / "proof.pdf", "Honest?", "Lead.", CHAPTERS, strips)
    text = _text(tmp_path / "proof.pdf")
    for words in ("Honest?", "Lead.", "Feet", "Worst 1.2 mm.", "2 of 3 gates", "A man."):
        assert words in text
    assert text.count("synthetic: true") == len(pypdfium2.PdfDocument(tmp_path / "proof.pdf")) == 2


def test_equal_input_gives_equal_bytes(tmp_path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_honesty(tmp_path / name, "Honest?", "Lead.", CHAPTERS, [])
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_place_that_cannot_be_written_is_said(tmp_path) -> None:
    with pytest.raises(BadInputError):
        write_honesty(tmp_path / "nowhere" / "proof.pdf", "Honest?", "Lead.", CHAPTERS, [])
