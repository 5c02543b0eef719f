"""The data sets that ``clinigait validate`` knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clinigait.datasets import bmc_walk, feet_rgbd, gait_validation
from clinigait.training.validate import Progress, Validation, validate_gait
from clinigait.training.validate_events import validate_plates
from clinigait.training.validate_feet import validate_feet
from clinigait.training.validate_loads import LOADS, validate_loads

#: What can be validated, by the name on the command line.
DATA_SETS: dict[str, Callable[[Path, Path, str | None, Progress | None], Validation]] = {
    gait_validation.NAME: validate_gait,
    bmc_walk.NAME: validate_plates,
    LOADS: validate_loads,
    feet_rgbd.NAME: validate_feet,
}
