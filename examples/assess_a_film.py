"""Assess a film from Python and read the numbers: the whole road in a few lines.

python examples/assess_a_film.py my_walk.mp4 out/my_walk --height-m 1.72
python examples/assess_a_film.py --quick          # the demonstration clip, about 20 s
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import clinigait
from clinigait.core import BadInputError


def main(arguments: list[str] | None = None) -> int:
    """Assess one film and print every parameter that could be had."""
    options = _options(arguments)
    film = _demonstration_clip() if options.quick else options.film
    subject = clinigait.Subject(height_m=options.height_m)
    try:
        assessment = clinigait.assess(film, options.out, clinigait.Request(subject=subject))
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    if assessment.refusal is not None:
        print(f"{assessment.refusal.message} {assessment.refusal.remedy}", file=sys.stderr)
        return 3
    measurement = assessment.measurement
    assert measurement is not None
    for parameter in measurement.parameters:
        if parameter.value is not None:
            interval = f"{parameter.low:8.2f} to {parameter.high:.2f}"
            print(
                f"{parameter.name:<36}{parameter.side:<6}{parameter.value:8.2f} "
                f"{parameter.unit:<10}{interval:<22}n = {parameter.n}"
            )
    print(f"The report is {Path(options.out) / 'report.pdf'}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("out", nargs="?", type=Path, default=Path("out/example"))
    parser.add_argument("--height-m", type=float)
    parser.add_argument("--quick", action="store_true", help="use the demonstration clip")
    options = parser.parse_args(arguments)
    if options.film is None and not options.quick:
        parser.error("give a film, or --quick")
    return options


def _demonstration_clip() -> Path:
    from clinigait.io.fetch import fetch
    from clinigait.io.sample import DEMO_CLIP

    return fetch(DEMO_CLIP)


if __name__ == "__main__":
    sys.exit(main())
