"""Draws the pictures of the filming guide: ``python docs/make_pictures.py [FOLDER]``.

The pictures are made from the same formulas as the tables of the guide, and come out the same to
the byte, so that a test can hold the committed files against this script.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle, FancyBboxPatch, Polygon, Rectangle

#: A phone's main camera in video mode, held sideways: about 60 degrees from left to right.
FIELD_OF_VIEW_DEG = 60.0
ASPECT = 9 / 16
FRAME_HEIGHT_PX = 1080
#: Part of the visible walkway that is lost at both ends together, where the body is cut.
MARGIN_M = 1.0
BODY_HEIGHT_M = 1.70

CARD = "#fbfaf7"
INK = "#22303a"
SOFT = "#7b8a94"
FLOOR = "#e6e1d6"
VIEW = "#d7e7f4"
BLUE = "#1b6aa5"
GREEN = "#2c7a3f"
RED = "#b3322b"
AMBER = "#b5761a"

Point = tuple[float, float]


# ---------------------------------------------------------------- the numbers of the guide


def visible_width_m(distance_m: float, field_of_view_deg: float = FIELD_OF_VIEW_DEG) -> float:
    """Return how much of the walkway a camera at that distance sees."""
    return 2 * distance_m * math.tan(math.radians(field_of_view_deg / 2))


def person_height_px(distance_m: float, body_height_m: float = BODY_HEIGHT_M) -> float:
    """Return how tall a person is in a film of 1920 x 1080 pixels."""
    return body_height_m / (visible_width_m(distance_m) * ASPECT) * FRAME_HEIGHT_PX


def full_strides(distance_m: float, stride_length_m: float) -> tuple[int, int]:
    """Return the fewest and the most full strides of one side that fit into one pass.

    The foot's contacts lie one stride apart; where the first one falls is chance.
    """
    fits = math.floor((visible_width_m(distance_m) - MARGIN_M) / stride_length_m)
    return max(fits - 1, 0), max(fits, 0)


def timing_sd_ms(rate_hz: float) -> float:
    """Return the spread that whole-frame timing adds to a stride time."""
    return 1000 * math.sqrt(2) / (rate_hz * math.sqrt(12))


# ---------------------------------------------------------------- drawing


def card(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """Return a figure that is one light card, readable on a light and on a dark page.

    Its coordinates are tenths of an inch, from the lower left corner.
    """
    figure = Figure(figsize=(width_in, height_in), facecolor="none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width_in * 10)
    axes.set_ylim(0, height_in * 10)
    axes.set_axis_off()
    axes.add_patch(_rounded(0.5, 0.5, width_in * 10 - 1, height_in * 10 - 1, CARD, "#d9d5ca", 1.5))
    return figure, axes


def _rounded(
    x: float, y: float, width: float, height: float, fill: str, edge: str, radius: float
) -> FancyBboxPatch:
    style = f"round,pad=0,rounding_size={radius}"
    return FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=fill, edgecolor=edge)


def write(
    axes: Axes,
    at: Point,
    text: str,
    *,
    size: float = 10.5,
    colour: str = INK,
    place: str = "center",
) -> None:
    """Write a line of text; ``place`` is ``left``, ``center`` or ``right`` of the point."""
    axes.text(*at, text, fontsize=size, color=colour, ha=place, va="center")


def title(axes: Axes, text: str) -> None:
    """Write the picture's title along its upper edge."""
    top = axes.get_ylim()[1]
    axes.text(3, top - 3.2, text, fontsize=13, color=INK, ha="left", va="center", weight="bold")


def measure(axes: Axes, start: Point, end: Point, text: str, shift: Point) -> None:
    """Draw a dimension: an arrow with two heads and its length beside the middle."""
    arrow = {"arrowstyle": "<->", "color": INK, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)
    middle = ((start[0] + end[0]) / 2 + shift[0], (start[1] + end[1]) / 2 + shift[1])
    write(axes, middle, text)


def point_to(axes: Axes, start: Point, end: Point, colour: str = BLUE, width: float = 2.2) -> None:
    """Draw an arrow."""
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)


def line(
    axes: Axes, *points: Point, colour: str = INK, width: float = 1.2, dash: str = "-"
) -> None:
    """Draw a line through points."""
    xs, ys = zip(*points, strict=True)
    axes.plot(xs, ys, color=colour, lw=width, ls=dash, solid_capstyle="round")


@dataclass(frozen=True)
class Leg:
    """A leg by its angles: thigh forward of the vertical, knee bent, toes up."""

    thigh_deg: float
    knee_deg: float
    foot_deg: float


#: The two legs when the front heel meets the ground.
FRONT_LEG = Leg(24.0, 6.0, 18.0)
REAR_LEG = Leg(-16.0, 16.0, -38.0)


def _along(start: Point, angle_deg: float, length: float) -> Point:
    """Return the point at that distance, the angle counted from straight down to the front."""
    turn = math.radians(angle_deg)
    return start[0] + length * math.sin(turn), start[1] - length * math.cos(turn)


def _leg_points(hip: Point, leg: Leg) -> list[Point]:
    knee = _along(hip, leg.thigh_deg, 0.245)
    ankle = _along(knee, leg.thigh_deg - leg.knee_deg, 0.246)
    heel = _along(ankle, leg.foot_deg - 40, 0.05)
    toe = _along(heel, 90 + leg.foot_deg, 0.15)
    return [hip, knee, ankle, heel, toe, ankle]


def _walker_lines() -> list[tuple[list[Point], bool]]:
    """Return the lines of a walker of height 1 to the right, feet on 0; True for the near side."""
    hip, shoulder = (0.0, 0.5), (0.02, 0.8)
    elbows = [_along(shoulder, angle, 0.17) for angle in (22.0, -24.0)]
    hands = [_along(elbows[0], 40.0, 0.16), _along(elbows[1], -8.0, 0.16)]
    lines = [
        ([shoulder, elbows[0], hands[0]], False),
        (_leg_points(hip, REAR_LEG), False),
        ([hip, shoulder, (0.03, 0.87)], True),
        (_leg_points(hip, FRONT_LEG), True),
        ([shoulder, elbows[1], hands[1]], True),
    ]
    lowest = min(y for points, _ in lines for _, y in points)
    return [([(x, y - lowest) for x, y in points], near) for points, near in lines]


def walker(
    axes: Axes, feet: Point, height: float, *, narrow: float = 1.0, colour: str = INK
) -> None:
    """Draw a person who walks to the right; ``narrow`` below 1 turns the view off the side."""
    width = max(height * 0.16, 1.0)
    lines = _walker_lines()
    for points, near in lines:
        placed = [(feet[0] + x * narrow * height, feet[1] + y * height) for x, y in points]
        line(axes, *placed, colour=colour if near else SOFT, width=width)
    neck = lines[2][0][-1]
    centre = (feet[0] + neck[0] * narrow * height, feet[1] + (neck[1] + 0.055) * height)
    axes.add_patch(Circle(centre, 0.06 * height, facecolor=colour, edgecolor="none"))


def _frontal_person(axes: Axes, feet: Point, height: float) -> None:
    def at(x: float, y: float) -> Point:
        return feet[0] + x * height, feet[1] + y * height

    width = height * 0.2
    for side in (-1, 1):
        line(axes, at(side * 0.06, 0.01), at(side * 0.05, 0.5), colour=INK, width=width)
        line(axes, at(side * 0.1, 0.8), at(side * 0.16, 0.46), colour=INK, width=width)
    line(axes, at(-0.05, 0.5), at(0.05, 0.5), colour=INK, width=width)
    line(axes, at(-0.1, 0.8), at(0.1, 0.8), colour=INK, width=width)
    line(axes, at(0, 0.5), at(0, 0.88), colour=INK, width=width)
    axes.add_patch(Circle(at(0, 0.93), 0.07 * height, facecolor=INK, edgecolor="none"))


# ---------------------------------------------------------------- the pictures


def plan_view() -> Figure:
    """Draw camera and walkway from above."""
    figure, axes = card(9.6, 5.6)
    title(axes, "From above: square to the walkway, far enough for three strides of each foot")
    scale, middle, walk_y = 5.4, 48.0, 39.0
    camera = (middle, walk_y - 6 * scale)
    half = visible_width_m(6) / 2 * scale
    axes.add_patch(
        Polygon(
            [camera, (middle - half * 1.14, walk_y + 4.5), (middle + half * 1.14, walk_y + 4.5)],
            facecolor=VIEW,
            edgecolor="none",
        )
    )
    axes.add_patch(Rectangle((4, walk_y - 2.6), 88, 5.2, facecolor=FLOOR, edgecolor="none"))
    axes.add_patch(
        Rectangle((middle - half, walk_y - 2.6), 2 * half, 5.2, facecolor="#c3dcef", alpha=0.9)
    )
    _passes(axes, walk_y)
    _plan_dimensions(axes, camera, half, walk_y)
    _camera_from_above(axes, camera)
    return figure


def _passes(axes: Axes, walk_y: float) -> None:
    point_to(axes, (8, walk_y + 1.1), (88, walk_y + 1.1))
    point_to(axes, (88, walk_y - 1.1), (8, walk_y - 1.1))
    write(axes, (10.5, walk_y + 6), "start and stop\n2 m outside the view", size=9.5)
    write(axes, (85.5, walk_y + 6), "start and stop\n2 m outside the view", size=9.5)


def _plan_dimensions(axes: Axes, camera: Point, half: float, walk_y: float) -> None:
    middle = camera[0]
    measure(
        axes,
        (middle - half, walk_y + 5.6),
        (middle + half, walk_y + 5.6),
        f"in view: about {visible_width_m(6):.0f} m",
        (0, 1.8),
    )
    line(axes, camera, (middle, walk_y - 2.6), width=1.2, dash="--")
    line(axes, (middle + 2, walk_y - 2.6), (middle + 2, walk_y - 4.6), (middle, walk_y - 4.6))
    write(axes, (middle + 3, walk_y - 5), "90°", place="left")
    write(axes, (middle + 1.2, walk_y - 15), "6 m", place="left", size=12)
    for side in (-1, 1):
        axes.plot(middle + side * 2.5 * 5.4, walk_y, marker="s", color=RED, ms=6)
    legend = (middle + half + 2, walk_y - 4.6)
    axes.plot(*legend, marker="s", color=RED, ms=6)
    write(axes, (legend[0] + 1.2, legend[1]), "floor marks, 5 m apart", size=9.5, place="left")


def _camera_from_above(axes: Axes, camera: Point) -> None:
    x, y = camera
    axes.add_patch(_rounded(x - 2.6, y - 1.9, 5.2, 1.9, INK, INK, 0.5))
    axes.add_patch(Arc((x, y), 14, 14, theta1=60, theta2=120, color=BLUE, lw=1.4))
    write(axes, (x + 4, y - 1.0), "phone on a tripod, held sideways (landscape)", place="left")
    write(axes, (x - 4, y - 1.0), "field of view about 60°", place="right", colour=BLUE)


def camera_height() -> Figure:
    """Draw camera and person along the walkway, to scale."""
    figure, axes = card(9.6, 4.3)
    title(axes, "From the end of the walkway: lens at hip height, level")
    floor, scale, camera_x = 8.0, 9.6, 15.0
    person_x = camera_x + 6 * scale
    hip = floor + 0.53 * BODY_HEIGHT_M * scale
    half = visible_width_m(6) * ASPECT / 2 * scale
    floor_x = camera_x + (hip - floor) / half * 6 * scale
    view = [(camera_x, hip), (person_x, hip + half), (person_x, floor), (floor_x, floor)]
    axes.add_patch(Polygon(view, facecolor=VIEW))
    axes.add_patch(Rectangle((1, 2.5), 94, floor - 2.5, facecolor=FLOOR, edgecolor="none"))
    line(axes, (camera_x, hip), (person_x, hip), colour=BLUE, dash="--")
    _tripod(axes, (camera_x, hip), floor)
    _frontal_person(axes, (person_x, floor), BODY_HEIGHT_M * scale)
    measure(axes, (camera_x, 6.2), (person_x, 6.2), "6 m", (0, -1.8))
    measure(axes, (8.6, floor), (8.6, hip), "hip\nheight", (-3.6, 0))
    _room(axes, person_x + 5, (floor, floor + BODY_HEIGHT_M * scale, hip + half))
    write(axes, (camera_x + 24, hip + 1.6), "level, no tilt", colour=BLUE)
    write(axes, (floor_x + 5, floor + 2.2), "lower edge of the picture", size=9.5, place="left")
    point_to(axes, (floor_x + 4.4, floor + 2.2), (floor_x + 0.3, floor + 0.3), width=1.2)
    return figure


def _tripod(axes: Axes, lens: Point, floor: float) -> None:
    x, y = lens
    for foot in (-3.6, 0, 3.6):
        line(axes, (x - 1, y - 1), (x - 1 + foot, floor), colour=INK, width=2)
    axes.add_patch(_rounded(x - 2.0, y - 1.5, 1.8, 3.0, INK, INK, 0.4))


def _room(axes: Axes, x: float, heights: tuple[float, float, float]) -> None:
    floor, head, top = heights
    measure(axes, (x, head), (x, top), "", (0, 0))
    write(axes, (x + 1.4, (head + top) / 2), "room above", place="left")
    measure(axes, (x, floor), (x, head), "", (0, 0))
    text = "the whole body:\nabout half of the\npicture's height"
    write(axes, (x + 1.4, (head + floor) / 2), text, place="left")


def _good(axes: Axes, x: float, y: float) -> None:
    walker(axes, (x + 13, y + 3.4), 8.2)


def _feet_cut(axes: Axes, x: float, y: float) -> None:
    walker(axes, (x + 13, y - 3.6), 15.0)


def _too_far(axes: Axes, x: float, y: float) -> None:
    walker(axes, (x + 13, y + 3.6), 2.6)


def _oblique(axes: Axes, x: float, y: float) -> None:
    line(axes, (x + 2, y + 1.0), (x + 21, y + 6.6), colour=SOFT, dash="--")
    for place, height in ((5.0, 9.5), (12.0, 7.0), (18.5, 4.7)):
        walker(axes, (x + place, y + 1.6 + 0.29 * (place - 4)), height, narrow=0.45)


def _follows(axes: Axes, x: float, y: float) -> None:
    for row, start in enumerate((1.5, 4.0, 0.8, 3.0, 2.0)):
        height = y + 6.6 + row * 1.4
        line(axes, (x + start, height), (x + start + 7, height), colour="#cfd6da", width=3)
        line(axes, (x + start + 15, height), (x + start + 21, height), colour="#cfd6da", width=3)
    walker(axes, (x + 13, y + 3.4), 8.2)
    point_to(axes, (x + 8, y + 1.5), (x + 18, y + 1.5), colour=RED)


def _covered(axes: Axes, x: float, y: float) -> None:
    walker(axes, (x + 13.2, y + 3.8), 8.0)
    walker(axes, (x + 11.2, y + 2.4), 9.4, colour="#5b6b75")


@dataclass(frozen=True)
class Panel:
    """One small picture of what the camera sees."""

    verdict: str
    advice: str
    good: bool
    draw: Callable[[Axes, float, float], None]


PANELS = (
    Panel("Good", "side view, whole body, room around", True, _good),
    Panel("Feet cut off", "go further away", False, _feet_cut),
    Panel("Too far away", "the legs are a few pixels wide", False, _too_far),
    Panel("Oblique", "set the camera square to the walkway", False, _oblique),
    Panel("Camera follows", "no pan, no zoom: use a tripod", False, _follows),
    Panel("Somebody in front", "a helper walks on the far side", False, _covered),
)


def framing() -> Figure:
    """Draw one good picture and five bad ones."""
    figure, axes = card(9.6, 5.7)
    title(axes, "What the camera should see")
    for number, panel in enumerate(PANELS):
        column, row = number % 3, number // 3
        _panel(axes, panel, 5.0 + column * 30.0, 34.5 - row * 25.5)
    return figure


def _panel(axes: Axes, panel: Panel, x: float, y: float) -> None:
    width, height = 26.0, 26.0 * ASPECT
    colour = GREEN if panel.good else RED
    frame = Rectangle((x, y), width, height, facecolor="#ffffff", edgecolor="none")
    axes.add_patch(frame)
    floor = Rectangle((x, y), width, height * 0.36, facecolor=FLOOR, edgecolor="none")
    axes.add_patch(floor)
    before = len(axes.lines), len(axes.patches)
    panel.draw(axes, x, y)
    for artist in (*axes.lines[before[0] :], *axes.patches[before[1] :]):
        artist.set_clip_path(frame)
    axes.add_patch(
        Rectangle((x, y), width, height, facecolor="none", edgecolor=colour, lw=2.2, zorder=5)
    )
    _mark(axes, (x + 1.3, y - 2.2), panel.good)
    write(axes, (x + 3.2, y - 2.2), panel.verdict, colour=colour, place="left", size=11.5)
    write(axes, (x + 3.2, y - 4.8), panel.advice, place="left", size=9.5)


def _mark(axes: Axes, at: Point, good: bool) -> None:
    x, y = at
    if good:
        line(axes, (x - 0.8, y), (x - 0.2, y - 0.7), (x + 0.9, y + 0.8), colour=GREEN, width=2.4)
        return
    line(axes, (x - 0.7, y - 0.7), (x + 0.7, y + 0.7), colour=RED, width=2.4)
    line(axes, (x - 0.7, y + 0.7), (x + 0.7, y - 0.7), colour=RED, width=2.4)


def frame_rate() -> Figure:
    """Draw what whole-frame timing adds to a stride time, by frame rate."""
    figure, back = card(9.6, 4.9)
    title(back, "Frame rate and the timing of one stride")
    axes = figure.add_axes((0.085, 0.14, 0.88, 0.71), facecolor="none")
    axes.axhspan(11, 33, color=VIEW, lw=0)
    axes.text(
        186, 22, "spread of healthy stride times\n(1 to 3 % of 1.1 s)", color=BLUE, ha="center",
        va="center", fontsize=10.5,
    )  # fmt: skip
    rates = [20 + step for step in range(226)]
    axes.plot(rates, [timing_sd_ms(rate) for rate in rates], color=INK, lw=2)
    for rate in (25, 30, 60, 120, 240):
        sd = timing_sd_ms(rate)
        axes.plot(rate, sd, "o", color=GREEN if rate >= 60 else AMBER, ms=8)
        axes.annotate(
            f"{rate} fps: {sd:.1f} ms", (rate, sd), xytext=(-2 if rate == 240 else 9, 9),
            textcoords="offset points", ha="right" if rate == 240 else "left", color=INK,
            fontsize=10.5,
        )  # fmt: skip
    axes.set_xlim(18, 248)
    axes.set_ylim(0, 35)
    axes.set_xticks([30, 60, 120, 180, 240])
    axes.set_xlabel("frames per second", color=INK, fontsize=10.5)
    axes.set_ylabel("added standard deviation (ms)", color=INK, fontsize=10.5)
    axes.tick_params(colors=INK, labelsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


PICTURES: dict[str, Callable[[], Figure]] = {
    "plan-view.svg": plan_view,
    "camera-height.svg": camera_height,
    "framing.svg": framing,
    "frame-rate.svg": frame_rate,
}


def save(figure: Figure, path: Path) -> None:
    """Write a picture that comes out the same every time."""
    with mpl.rc_context({"svg.hashsalt": path.name, "svg.fonttype": "path"}):
        FigureCanvasSVG(figure).print_figure(
            path, format="svg", metadata={"Date": None, "Creator": None}
        )


def main() -> None:
    """Draw all pictures into the folder given, or beside this script."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        save(draw(), folder / name)


if __name__ == "__main__":
    main()
