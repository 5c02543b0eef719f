"""Transformer blocks over joints or over time."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.frames import Frames


class TransformerBlock(nn.Module):
    """Pre-norm block: self-attention and a two-layer perceptron with GELU.

    Parameters
    ----------
    channels
        C of the tokens, a multiple of `heads`.
    heads
        Attention heads.
    ratio
        Width of the perceptron over C.
    """

    def __init__(self, channels: int, heads: int = 8, ratio: int = 2) -> None:
        super().__init__()
        if channels % heads:
            raise ValueError(f"{channels} channels cannot be shared by {heads} attention heads")
        self.heads = heads
        self.norm_attention = nn.LayerNorm(channels)
        self.to_qkv = nn.Linear(channels, 3 * channels)
        self.from_heads = nn.Linear(channels, channels)
        self.norm_mlp = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(
            nn.Linear(channels, ratio * channels), nn.GELU(), nn.Linear(ratio * channels, channels)
        )

    def forward(self, tokens: Tensor, real: Tensor | None = None) -> Tensor:
        """Map tokens (B, L, C) to the same shape.

        `real` (B, L), bool, says which tokens may be looked at; None is all.
        """
        batch, length, channels = tokens.shape
        qkv = self.to_qkv(self.norm_attention(tokens))
        qkv = qkv.view(batch, length, 3, self.heads, channels // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, L, C / heads)
        seen = None if real is None else real[:, None, None, :]
        looked = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        tokens = tokens + self.from_heads(looked.transpose(1, 2).flatten(2))
        grown: Tensor = self.mlp(self.norm_mlp(tokens))
        return tokens + grown


class JointTransformer(nn.Module):
    """Tokens of the joints with learned places, and blocks over the joints of each frame.

    Parameters
    ----------
    joints, in_channels
        J and C of the skeletons.
    channels
        C' of the tokens.
    heads, blocks
        Attention heads and number of blocks.
    """

    def __init__(
        self, joints: int, in_channels: int, channels: int, heads: int = 8, blocks: int = 4
    ) -> None:
        super().__init__()
        self.joints = joints
        self.embed = nn.Linear(in_channels, channels)
        self.place = nn.Parameter(0.02 * torch.randn(joints, channels))
        self.blocks = nn.ModuleList([TransformerBlock(channels, heads) for _ in range(blocks)])

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, J) to (M, C', J).

        Raises
        ------
        ValueError
            If the skeletons have another number of joints.
        """
        if frames.values.shape[-1] != self.joints:
            raise ValueError(
                f"the network was made for {self.joints} joints, not {frames.values.shape[-1]}"
            )
        tokens = self.embed(frames.values.transpose(1, 2)) + self.place
        for block in self.blocks:
            tokens = block(tokens)
        return frames.map(lambda _: tokens.transpose(1, 2))
