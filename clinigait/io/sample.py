"""The demonstration clip: a person who walks past the camera, from a published package."""

from __future__ import annotations

from clinigait.io.fetch import Asset, PypiSource

DEMO_CLIP = Asset(
    name="demo-clip",
    file_name="demo.mp4",
    sha256="d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039",
    size_bytes=3_968_304,
    licence="BSD-3-Clause",
    description="Demonstration video, 1768 x 994, 30 frames per second, 7.7 s.",
    sources=(
        PypiSource(
            package="sports2d",
            version="0.8.34",
            member="Sports2D/Demo/demo.mp4",
            wheel_sha256="733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d",
        ),
    ),
)

#: To be shown wherever the clip is used.
CREDIT = "from the package sports2d 0.8.34 by David Pagnon, BSD-3-Clause"
