from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.appearance import Appearance, drawn_appearance
from clinigait.synthesis.figure import naked
from clinigait.synthesis.garments import Outfit, drawn_outfit, dressed, thickness_class
from clinigait.synthesis.skinning import normals
from support.dressed_people import adult, shot_of, swung

#: So far a sole may reach below the foot in it: what shoes widen it tips with it.
_SOLE_M = 0.0005
OUTFITS = {
    "tight": Outfit(top="t_shirt", bottom="tight_trousers"),
    "loose": Outfit(top="jumper", bottom="loose_trousers", padding_m=0.03),
    "skirt": Outfit(bottom="skirt", flare=0.2),
    "coat": Outfit(coat="coat", bag="backpack"),
    "jacket": Outfit(coat="jacket", bag="shoulder_bag", bottom="shorts"),
}


@pytest.mark.parametrize(
    ("share", "wanted"),
    [(-0.02, 0), (0.0, 0), (0.149, 0), (0.15, 1), (0.31, 2), (1.349, 8), (1.35, 9), (3.0, 9)],
)
def test_thickness_classes_are_fifteen_per_cent_wide(share, wanted) -> None:
    assert thickness_class(1000 * (1 + share), 1000) == wanted


def test_a_silhouette_without_area_has_no_thickness_class() -> None:
    with pytest.raises(ValueError, match="area"):
        thickness_class(10, 0)


@pytest.mark.parametrize("name", OUTFITS)
def test_clothes_are_never_thinner_than_the_body(name) -> None:
    body = adult()
    figure = dressed(body, OUTFITS[name], Appearance())
    bare = shot_of().labels > 0
    assert not (bare & (shot_of(figure).labels == 0)).any()
    moved = (figure.points_m[: len(body.points_m)] - body.points_m).astype(float)
    smooth_out = normals(body.points_m, body.model.faces).astype(float)
    far = np.linalg.norm(moved, axis=1) > 0.004
    outwards = np.einsum("ij,ij->i", moved, smooth_out)[far] / np.linalg.norm(moved[far], axis=1)
    assert (outwards > 0).mean() > 0.98


def test_padding_makes_higher_thickness_classes() -> None:
    bare = (shot_of().labels > 0).sum()
    classes = []
    for padding_m in (0.0, 0.04, 0.08, 0.12):
        figure = dressed(adult(), replace(OUTFITS["tight"], padding_m=padding_m), Appearance())
        classes.append(thickness_class((shot_of(figure).labels > 0).sum(), bare))
    assert classes == sorted(classes)
    assert classes[0] <= 1
    assert classes[-1] >= 5


@pytest.mark.parametrize("name", OUTFITS)
def test_clothes_carry_the_part_of_the_body_below(name) -> None:
    figure = dressed(adult(), OUTFITS[name], Appearance(style="long"))
    bare, labels = shot_of().labels, shot_of(figure).labels
    both = (bare > 0) & (labels > 0)
    # Thick sleeves lie before the trunk, a coat's tails before a hand, a bag before the hip.
    assert (bare[both] == labels[both]).mean() > (0.75 if name == "coat" else 0.8)
    assert labels.max() < PARTS.index("unknown")


def test_shoes_change_nothing_of_what_touches_the_floor() -> None:
    body = adult()
    figure = dressed(body, Outfit(), Appearance())
    sole = body.points_m[:, 2] < 0.005
    moved = figure.points_m[: len(sole)][sole] - body.points_m[sole]
    assert (moved[:, 2] == 0).all()
    assert np.linalg.norm(moved, axis=1).max() < 0.004
    assert figure.points_m[:, 2].min() >= body.points_m[:, 2].min()
    for bones in swung().bones:
        lowest = naked(body).placed(bones)[:, 2].min()
        assert figure.placed(bones)[:, 2].min() >= min(lowest, 0) - _SOLE_M


def test_a_skirt_follows_both_thighs_and_hides_them() -> None:
    shot = shot_of(dressed(adult(), OUTFITS["skirt"], Appearance()))
    bare = shot_of()
    knee = adult().head_m("lowerleg01.L")[2]
    row = int(shot.camera.project(np.array([0.0, 0.0, knee + 0.12]), 0.0)[1])
    between = np.flatnonzero(bare.labels[row] > 0)
    seen = shot.labels[row, between[0] : between[-1] + 1]
    assert (seen > 0).all()  # no gap between the legs


@pytest.mark.parametrize(
    "change",
    [{"padding_m": -0.1}, {"coat_thickness_m": 0.5}, {"skirt_length": 0.0}, {"flare": 2.0}],
)
def test_clothes_that_cannot_be_are_refused_in_a_sentence(change) -> None:
    with pytest.raises(BadInputError):
        Outfit(**change)


def test_drawn_clothes_and_looks_are_the_same_for_a_seed_and_differ_among_seeds() -> None:
    for draw in (
        lambda k: drawn_outfit(np.random.default_rng(k), "female", with_coat=True, with_bag=True),
        lambda k: drawn_appearance(np.random.default_rng(k), 70, "male"),
    ):
        assert draw(3) == draw(3)
        assert len({repr(draw(k)) for k in range(20)}) == 20
    assert not any(drawn_appearance(np.random.default_rng(k), 10, "male").beard for k in range(30))


def test_old_hair_is_greyer_than_young_hair() -> None:
    def colourful(age_y) -> float:
        looks = [drawn_appearance(np.random.default_rng(k), age_y, "female") for k in range(60)]
        return float(np.mean([max(look.hair) for look in looks]))

    assert colourful(85) > 0.6 > colourful(25)
