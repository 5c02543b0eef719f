"""What is assumed of a camera that nobody has calibrated."""

from __future__ import annotations

#: Focal length as a fraction of the picture's longer side: about 58 degrees of view, the middle
#: of what phones and webcams have.
_ASSUMED_FOCAL_LENGTH = 0.9


def assumed_focal_px(size_px: tuple[int, int]) -> float:
    """Return the focal length in pixels to assume for pictures of (width, height).

    Only the split of a way into across and away from the camera, and small corrections for the
    change of distance on the way, may hang on it; never a length by itself.
    """
    return _ASSUMED_FOCAL_LENGTH * max(size_px)
