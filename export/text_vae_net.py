"""The text VAE: captions as points of a space, so that a caption can be moved to another face.

A caption T about a face becomes a mean and a variance; a point there, z = E(T), plus what the new face looks like,
phi(V'), is read out again as a caption about the new face: z' = E(T) + phi(V'). Kingma and Welling, "Auto-encoding
variational Bayes", ICLR 2014; Bowman and others, "Generating sentences from a continuous space", CoNLL 2016. Trained
elsewhere; this is the network that is trained, exported and run.

Its graph has one axis that varies, the number of captions: texts are padded to a fixed length, attention is two matrix
products and a softmax, and what is hidden is hidden by a number that float16 knows. TensorRT fuses that.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CaptionDecoder", "CaptionEncoder", "Sizes", "TextVae"]

#: Added to the weight of what must not be seen; float16 ends at -65504.
HIDDEN = -1e4


@dataclass(frozen=True)
class Sizes:
    """Sizes of a text VAE.

    Attributes:
        vocabulary: Number of tokens known, V; CLIP's by default.
        length: Tokens of a padded caption, T.
        latent: Numbers of a caption, d.
        face: Numbers that a face is described by, f: an embedding of CLIP by default.
        width: Numbers per token inside.
        heads: Of attention.
        layers: Of each half.
    """

    vocabulary: int = 49408
    length: int = 77
    latent: int = 256
    face: int = 512
    width: int = 384
    heads: int = 6
    layers: int = 4


class _Attention(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.ask, self.out = nn.Linear(sizes.width, 3 * sizes.width), nn.Linear(sizes.width, sizes.width)
        self.heads, self.deep = sizes.heads, sizes.width // sizes.heads

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        shape = (x.shape[0], x.shape[1], 3, self.heads, self.deep)
        query, key, value = self.ask(x).reshape(shape).permute(2, 0, 3, 1, 4).unbind(0)
        weight = (query @ key.transpose(2, 3) * self.deep**-0.5 + hidden).softmax(-1)
        return self.out((weight @ value).transpose(1, 2).flatten(2))


class _Layer(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(2))
        self.attention = _Attention(sizes)
        wide = 4 * sizes.width
        self.think = nn.Sequential(nn.Linear(sizes.width, wide), nn.GELU(), nn.Linear(wide, sizes.width))

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        x = x + self.attention(self.norms[0](x), hidden)
        return x + self.think(self.norms[1](x))


class _Words(nn.Module):
    """Tokens ``(n, T)`` as ``(n, T, width)``, with their places."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.word = nn.Embedding(sizes.vocabulary, sizes.width)
        self.place = nn.Parameter(torch.randn(sizes.length, sizes.width) * 0.02)
        nn.init.normal_(self.word.weight, 0, 0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.word(tokens) + self.place


class CaptionEncoder(nn.Module):
    """Captions to where they lie: tokens ``(n, T)`` int32 and mask ``(n, T)`` int32, 1 where there is one."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.words, self.norm = _Words(sizes), nn.LayerNorm(sizes.width)
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.layers))
        self.out = nn.Linear(sizes.width, 2 * sizes.latent)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, ``(n, d)`` each."""
        x = self.words(tokens)
        seen = mask.to(x.dtype)
        hidden = ((1 - seen) * HIDDEN)[:, None, None]
        for layer in self.layers:
            x = layer(x, hidden)
        # The mean over the words that are there.
        share = seen / seen.sum(1, keepdim=True).clamp_min(1)
        mean, spread = self.out((share[:, None] @ self.norm(x))[:, 0]).chunk(2, 1)
        return mean, spread.clamp(-8, 4)


class CaptionDecoder(nn.Module):
    """A point and a face to a caption: latent ``(n, d)``, face ``(n, f)``, the tokens so far ``(n, T)`` int32.

    The first token is the beginning of a text; the logits at each place are of the token after it. What a face of
    noughts adds is nothing, so that ``face = 0`` reads the caption that was written.
    """

    causal: Tensor

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.words, self.norm = _Words(sizes), nn.LayerNorm(sizes.width)
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.layers))
        self.face = nn.Linear(sizes.face, sizes.latent, bias=False)
        self.enter = nn.Linear(sizes.latent, sizes.width)
        ahead = torch.full((sizes.length, sizes.length), HIDDEN).triu(1)
        self.register_buffer("causal", ahead, persistent=False)

    def forward(self, latent: Tensor, face: Tensor, tokens: Tensor) -> Tensor:
        """Logits ``(n, T, V)``."""
        x = self.words(tokens) + self.enter(latent + self.face(face))[:, None]
        for layer in self.layers:
            x = layer(x, self.causal.to(x.dtype))
        return functional.linear(self.norm(x), self.words.word.weight)


class TextVae(nn.Module):
    """Both halves, as they are trained."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder, self.decoder = CaptionEncoder(sizes), CaptionDecoder(sizes)

    def forward(self, tokens: Tensor, mask: Tensor, face: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of each next token from a point drawn around the mean; mean and log variance."""
        mean, spread = self.encoder(tokens, mask)
        drawn = mean + torch.randn_like(mean) * (spread / 2).exp()
        return self.decoder(drawn, face, tokens), mean, spread
