"""Films of people from published packages: the demonstration clip, and others that judge."""

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


def _line_film(number: int, sha256: str, size_bytes: int) -> Asset:
    return Asset(
        name=f"line-cam{number}",
        file_name=f"line_cam{number}.mp4",
        sha256=sha256,
        size_bytes=size_bytes,
        licence="BSD-3-Clause",
        description="A barefoot man balances along a line, 100 frames at 60 per second.",
        sources=(
            PypiSource(
                package="pose2sim",
                version="0.10.49",
                member=f"Pose2Sim/Demo_SinglePerson/videos/cam0{number}.mp4",
                wheel_sha256="403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1",
            ),
        ),
    )


#: The same moments before four cameras: two see him from the front, two from behind. From the
#: package pose2sim 0.10.49 by David Pagnon and others.
LINE_FILMS = (
    _line_film(1, "cf4f2816c86bea4bfbea255333d8626ff32a3ecabdab8b0fb147cea9167fde3a", 387_775),
    _line_film(2, "94ff87cf978b8406e8aa36ab3c5362e72848994e87652f0dc7a33c315e8e0442", 540_548),
    _line_film(3, "b8b329f832f178f27ecb78d024d5026b96c6adb36c387bfe2c0af85eab8a11ca", 1_709_101),
    _line_film(4, "b5c0e7863fd70d008e7178d3c556b045b0ea5f78fcd61ca548a0b2e807e641f7", 1_772_999),
)
#: Pose estimators are judged on these films, so none may learn from them.
JUDGING = (DEMO_CLIP, *LINE_FILMS)
