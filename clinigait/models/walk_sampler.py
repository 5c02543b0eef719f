"""A generator at work: walks of a class from chance alone. Needs PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from clinigait.core import BadInputError
from clinigait.models.generator_card import GeneratorBundle
from clinigait.nn.walk_gan import WalkDecoder, build_decoder
from clinigait.representations.walk_windows import CHANNELS, FRAMES


class WalkSampler:
    """Makes windows of :mod:`clinigait.representations.walk_windows`.

    Parameters
    ----------
    decoder
        The fitted network.
    """

    def __init__(self, decoder: WalkDecoder) -> None:
        self._decoder = decoder.eval()

    @classmethod
    def of(cls, bundle: GeneratorBundle) -> WalkSampler:
        """Make the sampler of a bundle.

        Raises
        ------
        BadInputError
            If the weights are not those of its specification.
        """
        try:
            # What a walk is made of is known here; a card that says otherwise fits no weights.
            decoder = build_decoder({**bundle.card.spec, "in_channels": CHANNELS, "frames": FRAMES})
            decoder.load_state_dict({k: torch.from_numpy(v) for k, v in bundle.arrays.items()})
        except (ValueError, RuntimeError) as error:
            raise BadInputError(
                f"The generator {bundle.card.name} cannot be built: {str(error)[:200]}.",
                "Give a bundle that fits this clinigait.",
            ) from error
        return cls(decoder)

    def draw(self, labels: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return (N, 53, 64) windows of (N,) class numbers; the same chance, the same windows."""
        latent = rng.standard_normal((len(labels), self._decoder.latent)).astype(np.float32)
        named = functional.one_hot(torch.from_numpy(labels.astype(np.int64)), self._decoder.classes)
        with torch.no_grad():
            made = self._decoder(torch.from_numpy(latent), named.float())
            found: NDArray[np.float32] = self._decoder.plain(made).numpy()
        return found
