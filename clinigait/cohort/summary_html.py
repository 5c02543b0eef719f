"""A summary as one HTML file: nothing is fetched, no script runs, all text is escaped."""

from __future__ import annotations

import base64
import unicodedata
from functools import cache
from html import escape
from io import BytesIO

from matplotlib import rc_context
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from clinigait.cohort.summary_parts import (
    RESEARCH_LINE,
    Chapter,
    Grid,
    Part,
    Picture,
    Story,
    Words,
)
from clinigait.report.fonts import HAN_FILES, is_han
from clinigait.report.styles import ACCENT, GRADE_COLOURS, INK, LINE, MUTED, PANEL

_LONGEST = 600
_STYLE = f"""
:root {{ color-scheme: light; }}
body {{ font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; color: {INK}; background: #fff;
  max-width: 64rem; margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }}
h1 {{ color: {ACCENT}; font-size: 1.7rem; border-bottom: 2px solid {ACCENT}; margin: 0 0 .6rem; }}
h2 {{ color: {ACCENT}; font-size: 1.2rem; margin: 2rem 0 .5rem; break-after: avoid; }}
nav a {{ color: {ACCENT}; margin-right: 1rem; white-space: nowrap; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .85rem; }}
dt {{ color: {MUTED}; }} dd {{ margin: 0; }}
.table {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: .8rem; margin: .5rem 0; }}
th {{ text-align: left; color: {MUTED}; border-bottom: 1.5px solid {ACCENT}; }}
th, td {{ padding: .2rem .5rem; vertical-align: top; }}
td {{ border-bottom: 1px solid {LINE}; }} .n {{ text-align: right; }}
tr {{ break-inside: avoid; }} thead {{ display: table-header-group; }}
.note {{ color: {MUTED}; font-size: .8rem; }}
.result {{ background: {PANEL}; border-left: 4px solid {ACCENT}; padding: .5rem .8rem; }}
.caution {{ background: {PANEL}; border-left: 4px solid {GRADE_COLOURS["warning"]};
  padding: .5rem .8rem; }}
figure {{ margin: .6rem 0; break-inside: avoid; }} figure img {{ width: 100%; height: auto; }}
.mark {{ position: sticky; top: 0; background: #fff; color: {GRADE_COLOURS["refusal"]};
  font-weight: bold; text-align: center; padding: .3rem; border: 1.5px solid currentColor; }}
footer {{ color: {MUTED}; font-size: .8rem; margin-top: 2rem; }}
@page {{ size: A4; margin: 18mm 14mm; }}
@media print {{
  body {{ font-size: 9pt; margin: 0; padding: 0; max-width: none; }}
  nav {{ display: none; }} .table {{ overflow: visible; }} table {{ font-size: 7.5pt; }}
  .mark {{ position: fixed; top: -12mm; left: 0; right: 0; border: 0; }}
}}
"""


def html_of(story: Story) -> bytes:
    """Return a summary as HTML, UTF-8; equal input gives equal bytes."""
    marks = "<br>".join(map(_text, story.marks))
    marks = marks and f'<p class="mark" role="note">{marks}</p>'
    links = "".join(f'<a href="#{_text(c.key)}">{_text(c.title)}</a> ' for c in story.chapters)
    facts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(what)}</dd>" for name, what in story.facts)
    chapters = "\n".join(_chapter(chapter) for chapter in story.chapters)
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<title>{_text(story.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{marks}
<header><h1>{_text(story.title)}</h1><dl>{facts}</dl></header>
<nav>{links}</nav>
<main>
{chapters}
</main>
<footer>{_text(RESEARCH_LINE)}</footer>
</body>
</html>
"""
    return page.encode("utf-8", "replace")


def _chapter(chapter: Chapter) -> str:
    parts = "\n".join(_part(part) for part in chapter.parts)
    return (
        f'<section id="{_text(chapter.key)}"><h2>{_text(chapter.title)}</h2>\n{parts}\n</section>'
    )


def _part(part: Part) -> str:
    if isinstance(part, Words):
        kind = "" if part.kind == "plain" else f' class="{part.kind}"'
        return f"<p{kind}>{_text(part.text)}</p>"
    if isinstance(part, Grid):
        return _table(part)
    return _picture(part)


def _table(grid: Grid) -> str:
    def cells(tag: str, texts: tuple[str, ...]) -> str:
        return "".join(
            f"<{tag}{' class=n' if column in grid.right else ''}>{_text(text)}</{tag}>"
            for column, text in enumerate(texts)
        )

    rows = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in grid.rows)
    head = cells('th scope="col"', grid.head).replace('</th scope="col">', "</th>")
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    content = BytesIO()
    for text in picture.figure.findobj(Text):
        if is_han(text.get_text()):
            text.set_fontfamily(["DejaVu Sans", _han_family()])
    # As an image of its own no name in one figure meets one in another.
    with rc_context({"svg.hashsalt": "clinigait", "svg.fonttype": "path"}):
        picture.figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    data = base64.b64encode(content.getvalue()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return f'<figure><img alt="{_text(picture.words)}" src="{source}"></figure>'


@cache
def _han_family() -> str:
    """Make the fonts of Chinese signs known to matplotlib, and return its name."""
    for file in HAN_FILES:
        fontManager.addfont(file)
    return FT2Font(HAN_FILES[0]).family_name


def _text(text: str) -> str:
    """Return text that is safe between tags and in quoted attributes: one line, no hidden signs."""
    start = unicodedata.normalize("NFC", text[: 4 * _LONGEST])
    shown = "".join(
        " " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign
        for sign in start
        if unicodedata.category(sign) not in {"Cf", "Cs", "Co", "Cn"}
    )
    line = " ".join(shown.split())
    cut = len(line) > _LONGEST or len(text) > 4 * _LONGEST
    return escape(line[: _LONGEST - 1] + "…" if cut else line, quote=True)
