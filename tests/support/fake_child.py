"""Stands in for the process that scores walks: quick, and as bad as a recording asks it to be.

What it is asked it notes, a line a walk, in ``scored.txt`` beside the recording.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

EMPTY = dict.fromkeys(
    ("n", "low", "high", "reference_low", "reference_high", "reference_source", "reason")
)


def answer(order: dict) -> dict:
    path = Path(order["walk"]["paths"][0])
    with (path.parent / "scored.txt").open("a") as noted:
        noted.write(f"{path.name}\n")
    name = path.stem
    if name.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith("home") and not (path.parent / "went").exists():
        (path.parent / "went").touch()
        sys.exit(0)
    if name.startswith("hang"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        time.sleep(3600)
    if name.startswith("hungry"):
        eaten = bytearray(600 * 1024**2)
        eaten[::4096] = b"x" * len(eaten[::4096])
        time.sleep(3600)
    if name.startswith("slow"):
        time.sleep(0.25)
    if name.startswith("stop"):
        return {"stop": "A worker has other models."}
    if name.startswith("full") and not (path.parent / "room").exists():
        return {"full": "The folder x cannot be written: No space left on device."}
    if name.startswith("refused"):
        said = {"status": "refused", "code": "too_few_strides", "reason": "Too few strides."}
        return {**said, "facts": {"synthetic": False}, "parameters": []}
    value = float(len(path.read_bytes()))
    row = {"parameter": "speed_mps", "side": "both", "value": value, "unit": "m/s", **EMPTY}
    other = {**row, "parameter": "step_time_s", "side": "left", "value": None, "reason": "Unseen."}
    facts = {"synthetic": False, "warnings": ""}
    return {
        "status": "measured", "code": None, "reason": None, "facts": facts,
        "parameters": [row, other],
    }  # fmt: skip


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
