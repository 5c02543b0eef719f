"""Draw what a model sees of a walk: silhouettes, skeleton maps, body parts, sketches.

python examples/what_a_model_sees.py my_walk.mp4 --out out/seen    # assesses it there first
python examples/what_a_model_sees.py my_walk.mp4 --out out/seen    # again: reads the walk.npz there
python examples/what_a_model_sees.py --quick                      # the demonstration clip
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

import clinigait
from clinigait import representations as seen_as
from clinigait.core import BadInputError, Side, Walk
from clinigait.io.assessment import read_assessment
from clinigait.io.video import open_recording
from clinigait.io.walk import read_walk
from clinigait.perception.faces import FaceBlur
from clinigait.perception.silhouettes import clean

N_COLUMNS = 10
SIZE = 128


def main(arguments: list[str] | None = None) -> int:
    """Draw one page of pictures, and print what was measured on the way."""
    options = _options(arguments)
    try:
        film = _demonstration_clip() if options.quick else options.film
        walk, near_side = _walk(film, options.out)
        walk, quality = clean(walk)
        assert quality is not None  # a film gives silhouettes
        facts = quality.facts()
        print(f"silhouettes: score {facts.score:.2f}, {facts.usable_pct:.0f} % of frames usable")
        rows = _rows(film, walk, quality.usable, near_side)
        _print_posture(walk)
        _draw(rows, options.out / "what_a_model_sees.png")
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The page is {options.out / 'what_a_model_sees.png'}")
    return 0


def _walk(film: Path, out: Path) -> tuple[Walk, Side | None]:
    """Return the walk and the side near the camera, from an assessment made now or before."""
    if (out / "walk.npz").exists():
        assessment = read_assessment(out / "assessment.json")
        if assessment.recording is None or assessment.recording.file_name != film.name:
            raise BadInputError(
                f"{out} holds the assessment of another film.", "Choose another --out."
            )
    else:
        assessment = clinigait.assess(film, out)
    if assessment.measurement is None:
        refusal = assessment.refusal
        raise BadInputError(refusal.message if refusal else "", refusal.remedy if refusal else "")
    return read_walk(out / "walk.npz"), assessment.measurement.near_side


def _rows(
    film: Path, walk: Walk, usable: NDArray[np.bool_], near_side: Side | None
) -> dict[str, list[NDArray[np.uint8]]]:
    """Return the pictures of some frames by the name of the representation."""
    assert walk.silhouettes is not None
    recording = open_recording(film)
    every = seen_as.align(walk.silhouettes, walk.time_s, size=SIZE)
    one_scale = seen_as.align(walk.silhouettes, walk.time_s, size=SIZE, scale_of="sequence")
    maps = seen_as.skeleton_maps(walk, size=SIZE)
    frames = [f for f in every.frames if usable[f] and f in set(maps.frames)]
    wanted = [frames[i] for i in np.linspace(0, len(frames) - 1, N_COLUMNS).round().astype(int)]
    field = every.take(np.searchsorted(every.frames, wanted))
    in_maps = np.searchsorted(maps.frames, wanted)
    parts = seen_as.body_parts(walk, field, near_side).labels
    drawn = seen_as.sketches(recording, walk, field)
    return {
        "picture, face blurred": _pictures(film, walk, wanted, field.affine),
        "silhouette, own scale": list(field.images),
        "silhouette, one scale": list(one_scale.images[np.searchsorted(one_scale.frames, wanted)]),
        "skeleton map: joints": list(maps.images[in_maps, 0]),
        "skeleton map: limbs": list(maps.images[in_maps, 1]),
        "body parts": list(_part_colours()[parts]),
        "sketch": list(drawn.images),
    }


def _pictures(
    film: Path, walk: Walk, wanted: list[int], affine: NDArray[np.float64]
) -> list[NDArray[np.uint8]]:
    """Return the crops of the film, in one pass over it."""
    blur = FaceBlur(walk, ())
    place_of = {float(walk.time_s[frame]): place for place, frame in enumerate(wanted)}
    pictures = [np.zeros((SIZE, SIZE, 3), np.uint8) for _ in wanted]
    for frame in open_recording(film).frames():
        place = place_of.get(frame.time_s)
        if place is not None:
            image = np.array(frame.image)
            blur.apply(image, frame.time_s)
            small = cv2.GaussianBlur(image, (0, 0), 0.4 / affine[place][0, 0])
            pictures[place] = np.asarray(cv2.warpAffine(small, affine[place], (SIZE, SIZE)))
    return pictures


def _part_colours() -> NDArray[np.uint8]:
    """Return a colour for every part: left blue, right red, the further out the lighter."""
    colours = [(0, 0, 0), (235, 190, 90), (120, 130, 120)]
    for name in seen_as.PARTS[3:-1]:
        side, _, part = name.partition("_")
        light = {"upper_arm": 0, "forearm": 60, "hand": 110, "thigh": 0, "shank": 60, "foot": 110}
        base = (20, 70, 190) if side == "left" else (190, 40, 40)
        colours.append(tuple(min(255, value + light[part]) for value in base))
    return np.array([*colours, (255, 0, 255)], np.uint8)


def _print_posture(walk: Walk) -> None:
    posture = seen_as.posture_frames(walk).summary()
    print("postural asymmetry, left against right (from the side: movement, not posture)")
    for pair, signed, n in zip(seen_as.PAIRS, posture.signed, posture.n_frames, strict=True):
        values = "  ".join(
            f"{measure} {value:7.3f}" if np.isfinite(value) else f"{measure}       –"
            for measure, value in zip(seen_as.MEASURES, signed, strict=True)
        )
        print(f"  {pair:<9}{values}  n = {n[0]}")


def _draw(rows: dict[str, list[NDArray[np.uint8]]], path: Path) -> None:
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        len(rows), N_COLUMNS, figsize=(1.3 * N_COLUMNS, 1.4 * len(rows)), squeeze=False
    )
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for place, picture in zip(line, pictures, strict=True):
            place.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            place.set_axis_off()
        line[0].set_title(name, loc="left", fontsize=9)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.97, wspace=0.04, hspace=0.22)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path("out/seen"))
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
