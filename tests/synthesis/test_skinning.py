from __future__ import annotations

import numpy as np
import pytest

from clinigait.synthesis.skinning import Skin, normals
from support.dressed_people import adult, swung


def test_skin_is_the_weighted_mean_of_its_bones_places() -> None:
    body, bones = adult(), swung().bones[2]
    model = body.model
    skin = Skin.of(model.skin_bones, model.skin_weights)
    each = np.einsum("vsij,vj->vsi", bones[model.skin_bones][..., :3], body.points_m)
    each = each + bones[model.skin_bones][..., 3]
    exact = (model.skin_weights[..., None] * each).sum(axis=1)
    # What is left out weighs less than 0.001 for each of nine bones.
    assert np.abs(skin.placed(bones, body.points_m) - exact).max() < 2e-3


def test_a_rigid_movement_moves_skin_rigidly() -> None:
    body = adult()
    skin = Skin.of(body.model.skin_bones, body.model.skin_weights)
    one = np.array([[0, -1, 0, 1.0], [1, 0, 0, 2.0], [0, 0, 1, 0.5]], np.float32)
    bones = np.broadcast_to(one, (len(body.model.bones), 3, 4)).copy()
    wanted = body.points_m @ one[:, :3].T + one[:, 3]
    assert skin.placed(bones, body.points_m) == pytest.approx(wanted, abs=1e-5)


def test_small_weights_go_and_the_others_add_up_to_one() -> None:
    bones = np.array([[0, 1, 2], [1, 0, 0]], np.int32)
    weights = np.array([[0.7, 0.2995, 0.0005], [1.0, 0.0, 0.0]], np.float32)
    skin = Skin.of(bones, weights)
    assert skin.starts.tolist() == [0, 2, 3]
    assert skin.bones.tolist() == [0, 1, 1]
    assert np.add.reduceat(skin.weights, skin.starts[:-1]) == pytest.approx([1, 1])
    with pytest.raises(ValueError, match="moved by a bone"):
        Skin.of(bones, np.zeros((2, 3), np.float32))


def test_directions_of_the_skin_lead_out_of_the_body() -> None:
    body = adult()
    out = normals(body.points_m, body.model.faces)
    assert np.linalg.norm(out, axis=1) == pytest.approx(np.ones(len(out)), abs=1e-3)
    highest, foremost = body.points_m[:, 2].argmax(), body.points_m[:, 0].argmax()
    assert out[highest, 2] > 0.8
    assert out[foremost, 0] > 0.3
