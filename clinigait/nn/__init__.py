"""Networks of gait: stems, backbones, fusion, pooling, heads and losses. Tensors only.

Needs PyTorch, and nothing else of clinigait.
"""

from clinigait.nn.build import KINDS, build_network
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.output import GaitOutput

__all__ = ["KINDS", "GaitModel", "GaitOutput", "Slots", "build_network"]
