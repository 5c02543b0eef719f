"""Draw matplotlib figures on a ReportLab page as vectors, with the report's own fonts.

A page image would be larger, blurred when enlarged, and its words could not be searched.
"""

from __future__ import annotations

from typing import Literal, cast

from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.transforms import Transform
from matplotlib.typing import ColorType
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from reportlab.platypus import Flowable

from clinigait.report.fonts import draw_text, register_fonts, text_width
from clinigait.report.tagging import marked
from clinigait.report.text import printable

POINTS_PER_INCH = 72
_ASCENT, _DESCENT = 0.74, 0.18
_CAPS = {"butt": 0, "round": 1, "projecting": 2}
_JOINS = {"miter": 0, "round": 1, "bevel": 2}


class FigureBlock(Flowable):
    """A figure of :mod:`clinigait.report.figures` in the flow of a report.

    Parameters
    ----------
    figure
        A figure at 72 dots per inch: one dot is one point of the page.
    alt
        What it shows, for those who cannot see it.
    """

    def __init__(self, figure: Figure, alt: str = "") -> None:
        super().__init__()
        if figure.dpi != POINTS_PER_INCH:
            raise ValueError("a figure of the report has 72 dots per inch")
        self.figure, self.alt = figure, alt
        self.width, self.height = (float(size) for size in figure.bbox.size)

    def draw(self) -> None:
        """Draw the figure with its lower left corner at the origin."""
        with marked(self.canv, "Figure", self.alt):
            self.figure.draw(CanvasRenderer(self.canv, self.width, self.height))


class CanvasRenderer(RendererBase):
    """The part of matplotlib's renderer contract that the report's figures use."""

    def __init__(self, canvas: Canvas, width_pt: float, height_pt: float) -> None:
        super().__init__()
        register_fonts()
        self.canvas = canvas
        self.size_pt = (width_pt, height_pt)

    def flipy(self) -> bool:
        """Return False: y grows upward on a PDF page."""
        return False

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size of the figure in points."""
        return self.size_pt

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Outline,
        transform: Transform,
        rgbFace: ColorType | None = None,  # noqa: N803 (the name is matplotlib's)
    ) -> None:
        """Fill and stroke one path."""
        stroke = gc.get_linewidth() > 0 and gc.get_rgb()[3] > 0
        if not stroke and rgbFace is None:
            return
        self.canvas.saveState()
        self._clip(gc)
        if stroke:
            self._set_pen(gc)
        if rgbFace is not None:
            self._set_fill(rgbFace, gc)
        outline = self._outline(path, transform, simplify=rgbFace is None)
        self.canvas.drawPath(outline, stroke=int(stroke), fill=int(rgbFace is not None))
        self.canvas.restoreState()

    def draw_text(  # noqa: PLR0913, PLR0917 (the signature is matplotlib's)
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Text | None = None,
    ) -> None:
        """Print one line of text; mathematical notation is printed as it stands."""
        del ismath, mtext
        self.canvas.saveState()
        self._clip(gc)
        self._set_fill(gc.get_rgb(), gc)
        self.canvas.translate(x, y)
        self.canvas.rotate(angle)
        draw_text(self.canvas, 0, 0, printable(s), prop.get_size_in_points(), _is_bold(prop))
        self.canvas.restoreState()

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        """Return the size of one line of text in points."""
        del ismath
        size = prop.get_size_in_points()
        width = text_width(printable(s), size, _is_bold(prop))
        return width, (_ASCENT + _DESCENT) * size, _DESCENT * size

    def _outline(self, path: Outline, transform: Transform, simplify: bool) -> PDFPathObject:
        outline = self.canvas.beginPath()
        here = (0.0, 0.0)
        for points, code in path.iter_segments(transform, simplify=simplify, curves=True):
            xy = [float(number) for number in points]
            if code == Outline.MOVETO:
                outline.moveTo(*xy)
            elif code == Outline.LINETO:
                outline.lineTo(*xy)
            elif code == Outline.CURVE3:
                outline.curveTo(*_cubic(here, xy))
            elif code == Outline.CURVE4:
                outline.curveTo(*xy)
            elif code == Outline.CLOSEPOLY:
                outline.close()
            here = (xy[-2], xy[-1])
        return outline

    def _clip(self, gc: GraphicsContextBase) -> None:
        box = gc.get_clip_rectangle()
        if box is not None:
            edge = self.canvas.beginPath()
            edge.rect(*(float(number) for number in box.bounds))
            self.canvas.clipPath(edge, stroke=0, fill=0)
        path, transform = gc.get_clip_path()
        if path is not None and transform is not None:
            edge = self._outline(cast("Outline", path), transform, simplify=False)
            self.canvas.clipPath(edge, stroke=0, fill=0)

    def _set_pen(self, gc: GraphicsContextBase) -> None:
        red, green, blue, alpha = (float(part) for part in gc.get_rgb())
        self.canvas.setStrokeColorRGB(red, green, blue, alpha)
        self.canvas.setLineWidth(float(gc.get_linewidth()))
        self.canvas.setLineCap(_CAPS[str(gc.get_capstyle())])
        self.canvas.setLineJoin(_JOINS[str(gc.get_joinstyle())])
        offset, dashes = cast("tuple[float, list[float] | None]", gc.get_dashes())
        if dashes is not None:
            self.canvas.setDash([float(dash) for dash in dashes], float(offset))

    def _set_fill(self, colour: ColorType, gc: GraphicsContextBase) -> None:
        red, green, blue, alpha = (float(part) for part in to_rgba(colour))
        alpha = float(gc.get_alpha()) if gc.get_forced_alpha() else alpha
        self.canvas.setFillColorRGB(red, green, blue, alpha)


def _cubic(here: tuple[float, float], quadratic: list[float]) -> list[float]:
    """Return the cubic curve that runs as the quadratic one from ``here`` does."""
    (x0, y0), (x1, y1, x2, y2) = here, quadratic
    first = [x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3]
    return [*first, x2 + (x1 - x2) * 2 / 3, y2 + (y1 - y2) * 2 / 3, x2, y2]


def _is_bold(prop: FontProperties) -> bool:
    return prop.get_weight() in {"bold", 700}
