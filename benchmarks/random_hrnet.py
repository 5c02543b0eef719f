"""An assessment with an HRNet of random weights, for timing only.

``benchmarks/assessment.py`` starts it where an HRNet's own weights are absent: ``python
benchmarks/random_hrnet.py ONNX assess FILM …``. The network runs on every crop and its
heatmaps are decoded, as with trained weights; then its points, which mean nothing, are replaced by
those of the model that gives the silhouettes, so that the rest of the road has its usual work.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clinigait.cli.app import main
from clinigait.perception import estimators, weights
from clinigait.perception.hrnet.card import read_card
from support.borrowed import BorrowedKeypoints

if __name__ == "__main__":
    onnx = Path(sys.argv[1])
    name = read_card(onnx).name
    files = {estimators.DETECTOR: weights.require(estimators.DETECTOR), name: onnx}
    body = weights.POSES["blazepose"]
    files[body] = weights.require(body)
    models = estimators.Models(name, body, files)
    estimators.WithSilhouettes = BorrowedKeypoints  # type: ignore[misc]
    replaced = {
        "chosen": lambda *_, **__: models,
        "sha256": lambda _: dict.fromkeys(files, "0" * 64),
    }
    for method, substitute in replaced.items():
        setattr(estimators.Models, method, substitute)
    sys.argv = ["clinigait", *sys.argv[2:]]
    main()
