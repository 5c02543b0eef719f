"""The structure of the PDF: what is a heading, a paragraph, a table, a figure.

ReportLab knows pages and strokes only. Here every flowable says what it is (ISO 32000-1, 14.7 and
14.8): a reader for the blind can then say the headings, walk through the cells of a table and tell
what a figure shows. What merely decorates (rules, shades, the footer of every page) is an artifact.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObjectReference,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Image, Paragraph, Table, paragraph

from clinigait.report.fonts import BOLD, TAG, is_han, with_fonts

#: Shorter texts are labels, which stay on one line.
_LONG = 40


@dataclass
class _Element:
    """One node of the structure: its role, and what stands in it in the order of reading."""

    role: str
    parent: _Element | None = None
    alt: str = ""
    kids: list[_Element | tuple[int, int]] = field(default_factory=list)


class TaggedCanvas(Canvas):
    """A canvas that keeps the structure of what is drawn on it, and writes it into the PDF."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._root = _Element("Document")
        self._open = self._root
        self._marks: list[list[_Element]] = [[]]
        self._marking = False

    def showPage(self) -> None:  # noqa: N802  (the name is ReportLab's)
        """Close the page; what is drawn next belongs to the next one."""
        super().showPage()
        self._marks.append([])

    def begin(self, role: str, alt: str = "") -> None:
        """Put what is drawn until :meth:`end` below an element of the structure."""
        element = _Element(role, self._open, alt)
        self._open.kids.append(element)
        self._open = element

    def end(self) -> None:
        """End the element that was begun last."""
        if self._open.parent is None:
            raise ValueError("no element was begun")
        self._open = self._open.parent

    @contextmanager
    def text(self, role: str, alt: str = "") -> Iterator[None]:
        """Mark what is drawn meanwhile as the content of one element, such as a paragraph."""
        if self._marking:  # a figure is told as a whole, whatever it holds
            yield
            return
        self.begin(role, alt)
        here = self._marks[-1]
        self._open.kids.append((len(self._marks) - 1, len(here)))
        mark = f"/{role} <</MCID {len(here)}>> BDC"
        here.append(self._open)
        with self._marked(mark):
            yield
        self.end()

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Mark what is drawn meanwhile as no part of the text."""
        if self._marking:
            yield
            return
        with self._marked("/Artifact BMC"):
            yield

    @contextmanager
    def _marked(self, begin: str) -> Iterator[None]:
        self._marking = True
        self._code.append(begin)
        yield
        self._code.append("EMC")
        self._marking = False

    def save(self) -> None:
        """Finish the PDF, with its structure."""
        if len(self._code):
            self.showPage()
        document = self._doc
        pages = document.Pages.pages
        references = [PDFObjectReference(page.__InternalName__) for page in pages]
        known: dict[int, PDFObjectReference] = {}
        self._write(self._root, None, references, known)
        numbers: list[object] = []
        for number, (page, marks) in enumerate(zip(pages, self._marks, strict=False)):
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
            numbers += [number, PDFArray([known[id(element)] for element in marks])]
        tree = PDFDictionary({"Type": PDFName("StructTreeRoot"), "K": known[id(self._root)]})
        tree["ParentTree"] = PDFDictionary({"Nums": PDFArray(numbers)})
        tree["ParentTreeNextKey"] = len(pages)
        catalog = document.Catalog
        catalog.StructTreeRoot = tree
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        catalog.ViewerPreferences = PDFDictionary({"DisplayDocTitle": "true"})
        super().save()

    def _write(
        self,
        element: _Element,
        parent: PDFObjectReference | None,
        pages: list[PDFObjectReference],
        known: dict[int, PDFObjectReference],
    ) -> PDFObjectReference:
        entry = PDFDictionary({"Type": PDFName("StructElem"), "S": PDFName(element.role)})
        reference = known[id(element)] = self._doc.Reference(entry, f"structure-{len(known)}")
        if parent is not None:
            entry["P"] = parent
        if element.alt:
            entry["Alt"] = PDFString(element.alt)
        if element.role == "TH":
            entry["A"] = PDFDictionary({"O": PDFName("Table"), "Scope": PDFName("Column")})
        kids: list[object] = []
        for kid in element.kids:
            if isinstance(kid, _Element):
                kids.append(self._write(kid, reference, pages, known))
            else:
                page, number = kid
                mark = {"Type": PDFName("MCR"), "Pg": pages[page], "MCID": number}
                kids.append(PDFDictionary(mark))
        entry["K"] = PDFArray(kids)
        return reference


class Text(Paragraph):
    """A paragraph that says that it is one; Chinese is set in its own font and may break anywhere.

    Takes what ReportLab's paragraph takes: markup, and a style.
    """

    role = "P"

    def __init__(
        self,
        text: str | None,
        style: ParagraphStyle | None = None,
        bulletText: str | None = None,  # noqa: N803  (the name is ReportLab's)
        frags: object = None,
    ) -> None:
        if text is not None and style is not None and is_han(text):
            long = len(TAG.sub("", text)) > _LONG
            text, style = with_fonts(text, style.fontName == BOLD), _han_style(style, long)
        super().__init__(text, style, bulletText, frags)

    def draw(self) -> None:
        """Print the text, marked."""
        with marked(self.canv, self.role):
            super().draw()


def _han_style(style: ParagraphStyle, long: bool) -> ParagraphStyle:
    """Return a style that may break behind any sign, with room for a closing one in the margin."""
    _extend_line_rules()
    # What hangs behind the end of a line stays inside of the paragraph.
    hanging = style.fontSize if long and style.alignment == TA_LEFT else 0
    return ParagraphStyle("han", style, wordWrap="CJK", rightIndent=style.rightIndent + hanging)


@cache
def _extend_line_rules() -> None:
    """Tell ReportLab of more signs that no line may begin with: it knows the Japanese ones."""
    paragraph.ALL_CANNOT_START += "，；：”》…"


class Layout(Table):
    """A table that only puts things side by side."""

    def _drawBkgrnd(self) -> None:  # noqa: N802  (the name is ReportLab's)
        with artifact(self.canv):
            super()._drawBkgrnd()

    def _drawLines(self) -> None:  # noqa: N802  (the name is ReportLab's)
        with artifact(self.canv):
            super()._drawLines()


class DataTable(Layout):
    """A table whose rows and cells can be told; the rows that repeat are its head."""

    def draw(self) -> None:
        """Draw the table, its cells row by row."""
        self._bottoms: list[float] = []
        _begin(self.canv, "Table")
        super().draw()
        _end(self.canv)

    def _drawCell(  # noqa: N802  (the name is ReportLab's)
        self, cell: object, look: object, place: tuple[float, float], size: tuple[float, float]
    ) -> None:
        bottom = place[1]
        if not self._bottoms or bottom != self._bottoms[-1]:
            if self._bottoms:
                _end(self.canv)
            _begin(self.canv, "TR")
            self._bottoms.append(bottom)
        _begin(self.canv, "TH" if len(self._bottoms) <= (self.repeatRows or 0) else "TD")
        super()._drawCell(cell, look, place, size)
        _end(self.canv)

    def _drawLines(self) -> None:  # noqa: N802  (the name is ReportLab's)
        if self._bottoms:  # the last row
            _end(self.canv)
        super()._drawLines()


class TaggedImage(Image):
    """A picture with the words that stand for it."""

    alt = ""

    def draw(self) -> None:
        """Draw the picture, marked."""
        with marked(self.canv, "Figure", self.alt):
            super().draw()


@contextmanager
def marked(canvas: Canvas, role: str, alt: str = "") -> Iterator[None]:
    """Mark what is drawn meanwhile as one element of the structure, where there is one."""
    if isinstance(canvas, TaggedCanvas):
        with canvas.text(role, alt):
            yield
    else:
        yield


@contextmanager
def artifact(canvas: Canvas) -> Iterator[None]:
    """Mark what is drawn meanwhile as no part of the text."""
    if isinstance(canvas, TaggedCanvas):
        with canvas.artifact():
            yield
    else:
        yield


def _begin(canvas: Canvas, role: str) -> None:
    if isinstance(canvas, TaggedCanvas):
        canvas.begin(role)


def _end(canvas: Canvas) -> None:
    if isinstance(canvas, TaggedCanvas):
        canvas.end()
