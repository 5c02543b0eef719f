"""mmpose is imported with the parts that HRNet uses, and nothing else is led to believe in more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clinigait.perception.hrnet import stand_ins
from support import hrnets


def test_no_other_package_is_faked(mmpose) -> None:
    for name in ("torchvision", "xtcocotools", "mmcv.ops"):
        module = sys.modules.get(name)
        assert module is None or module.__doc__ != stand_ins._empty("a", ()).__doc__


@pytest.mark.slow
def test_only_mmpose_itself_sees_the_stand_ins() -> None:
    hrnets.need_mmpose()
    code = (
        "import sys\n"
        "from importlib.util import find_spec\n"
        "from clinigait.perception.hrnet.stand_ins import import_mmpose\n"
        "had = {name: find_spec(name) is not None for name in ('torchvision', 'xtcocotools')}\n"
        "import_mmpose()\n"
        "for name, there in had.items():\n"
        "    assert there or name not in sys.modules, name\n"
        "from mmpose.models import HRNet, HeatmapHead\n"
        "from mmpose.apis import inference_topdown\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "and it is silent"


def test_nothing_is_done_where_everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins, "_is_complete", lambda: True)
    monkeypatch.setattr(stand_ins, "_reads_coco", lambda: True)
    before = set(sys.modules)
    with stand_ins.importable():
        assert set(sys.modules) == before


def test_what_was_imported_for_real_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins, "_is_complete", lambda: False)
    real = stand_ins._empty("mmpose.visualization.simcc_vis", ())
    monkeypatch.setitem(sys.modules, real.__name__, real)
    for name in stand_ins._UNUSED:
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name, real))
    with stand_ins.importable():
        assert sys.modules[real.__name__] is real
