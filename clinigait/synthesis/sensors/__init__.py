"""What is recorded of a synthetic walk. A sensor is one file that meets :class:`Sensor`."""

from clinigait.synthesis.sensors.base import Sensor, frame_rng, recorded

__all__ = ["Sensor", "frame_rng", "recorded"]
