"""The PDF says what is a heading, a table, a figure; a reader for the blind can go by it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest

from clinigait.report.pdf import write_report
from support.assessments import DEFINITIONS, assessed, prediction, write_frames

Node = tuple[str, str, str]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> pdfium.PdfDocument:
    folder = write_frames(tmp_path_factory.mktemp("tagged"))
    made = assessed(4)
    write_report(made, folder, folder / "r.pdf", DEFINITIONS)
    return pdfium.PdfDocument(folder / "r.pdf")


def _text_of(get: object, element: object) -> str:
    size = get(element, None, 0)
    buffer = ctypes.create_string_buffer(max(size, 2))
    get(element, buffer, size)
    return buffer.raw[: max(size - 2, 0)].decode("utf-16-le")


def _walk(element: object, above: str) -> Iterator[Node]:
    role = _text_of(pdfium_c.FPDF_StructElement_GetType, element)
    yield role, above, _text_of(pdfium_c.FPDF_StructElement_GetAltText, element)
    for index in range(pdfium_c.FPDF_StructElement_CountChildren(element)):
        child = pdfium_c.FPDF_StructElement_GetChildAtIndex(element, index)
        if child:
            yield from _walk(child, role)


def _nodes(page: pdfium.PdfPage) -> list[Node]:
    tree = pdfium_c.FPDF_StructTree_GetForPage(page)
    count = pdfium_c.FPDF_StructTree_CountChildren(tree)
    found: list[Node] = []
    for index in range(count):
        found += _walk(pdfium_c.FPDF_StructTree_GetChildAtIndex(tree, index), "")
    pdfium_c.FPDF_StructTree_Close(tree)
    return found


def test_the_document_is_tagged_and_says_its_language(document: pdfium.PdfDocument) -> None:
    assert pdfium_c.FPDFCatalog_IsTagged(document)
    assert document.get_metadata_dict()["Title"] == "Gait report Ж-17"


def test_every_page_has_headings_paragraphs_and_whole_tables(document: pdfium.PdfDocument) -> None:
    roles: dict[str, set[str]] = {}
    for page in document:
        for role, above, _ in _nodes(page):
            roles.setdefault(role, set()).add(above)
    assert set(roles) == {"Document", "H1", "H2", "H3", "P", "Table", "TR", "TH", "TD", "Figure"}
    assert roles["TR"] == {"Table"}
    assert roles["TH"] == roles["TD"] == {"TR"}
    assert roles["H1"] == roles["H2"] == {"Document"}


def test_the_title_is_the_only_heading_of_the_first_rank(document: pdfium.PdfDocument) -> None:
    first = [sum(role == "H1" for role, _, _ in _nodes(page)) for page in document]
    assert first == [1] + [0] * (len(document) - 1)


def test_every_figure_has_words_that_stand_for_it(document: pdfium.PdfDocument) -> None:
    figures = [node for page in document for node in _nodes(page) if node[0] == "Figure"]
    words = [alt for _, _, alt in figures]
    assert all(words)
    assert "Left initial contact, 3.20 s" in words
    assert any("Joint angles" in alt for alt in words)


def test_text_is_read_in_the_order_of_the_page(document: pdfium.PdfDocument) -> None:
    text = " ".join(document[0].get_textpage().get_text_bounded().split())
    order = (
        "Gait report", "Protocol", "Sagittal walk", "File", "walk_Łódź", "Left initial contact",
        "Walking speed", "Double support", "Quality", "Research software", "Page 1 of",
    )  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_a_row_is_read_from_left_to_right(document: pdfium.PdfDocument) -> None:
    text = " ".join(document[1].get_textpage().get_text_bounded().split())
    row = text[text.index("Stride time s") :]
    assert row.index("1.0") < row.index("Step time")


def test_the_marks_of_research_pages_do_not_break_the_structure(tmp_path: Path) -> None:
    made = assessed(3, with_curves=False)
    said = replace(made, predictions=(prediction(research=True),), frames=())
    write_report(said, tmp_path, tmp_path / "r.pdf", DEFINITIONS)
    pages = pdfium.PdfDocument(tmp_path / "r.pdf")
    assert all(_nodes(page) for page in pages)
