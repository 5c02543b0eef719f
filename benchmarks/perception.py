"""Speed of perception, side by side with what it is measured against.

Run: ``python benchmarks/perception.py [--threads N] [--people N] [--rounds N]``. Needs torch and
mmpose (``make setup``); weights are random, nothing is fetched.
"""

from __future__ import annotations

import argparse
import os

# Before torch, numpy and OpenVINO are imported: waiting threads that spin would be counted as work.
for _name, _value in {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}.items():
    os.environ.setdefault(_name, _value)


def main() -> None:
    """Read the options and run every part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--people", type=int, default=8, help="persons in every round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    import hrnet  # noqa: PLC0415  after the threads are set

    hrnet.main(threads=chosen.threads, people=chosen.people, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
