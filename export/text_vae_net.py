"""The text VAE: a caption as a point for each of its words, so that it moves to other faces and loses nothing else.

A caption T becomes a mean and a variance for each token; to a point drawn there is added what the new face of the
person looks like whom the token speaks of: z'_i = E(T)_i + phi(V'_i). From these the public caption is read out.
Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014; Bowman and others, "Generating sentences from a
continuous space", CoNLL 2016; words that the decoder takes over are pointed at, as See and others, "Get to the point",
ACL 2017. Why a point for each token: docs/adr/0013.

Its graph is made of what TensorRT fuses: attention is two matrix products and a softmax, and what is hidden is hidden
by a number that float16 knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CaptionDecoder", "CaptionEncoder", "Sizes", "TextVae", "Told"]

#: Added to the weight of what must not be seen; float16 ends at -65504.
HIDDEN = -1e4
#: How much more likely a word is that is pointed at, in nats, before anything is learnt.
POINTED = 6.0
#: How much surer a point is read than it was learnt: points are drawn with noise while they learn, and read without.
SURER = 3.0


@dataclass(frozen=True)
class Sizes:
    """Sizes of a text VAE.

    Attributes:
        vocabulary: Number of tokens known, V; CLIP's by default.
        length: Tokens of a caption at most.
        latent: Numbers of a token, d.
        face: Numbers that a face is described by, F, as `pyanon.captions.decode.features` gives them.
        width: Numbers per token inside.
        heads: Of attention.
        layers: Of the encoder.
        read: Layers of the decoder that read the latents.
        write: Layers of the decoder that write.
    """

    vocabulary: int = 49408
    length: int = 77
    latent: int = 48
    face: int = 9
    width: int = 384
    heads: int = 6
    layers: int = 4
    read: int = 2
    write: int = 3


@dataclass
class Told:
    """What a pass of the whole VAE gives to learn from.

    Attributes:
        logits: Of each next token, ``(n, u, V)``.
        mean: Of each token's point, ``(n, t, d)``.
        log_variance: The same shape.
        points: What was drawn around the means, the same shape.
    """

    logits: Tensor
    mean: Tensor
    log_variance: Tensor
    points: Tensor


class _Attention(nn.Module):
    """From ``(n, u, width)`` to what is there: itself, or something else."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.ask, self.out = nn.Linear(sizes.width, sizes.width), nn.Linear(sizes.width, sizes.width)
        self.offer = nn.Linear(sizes.width, 2 * sizes.width)
        self.heads, self.deep = sizes.heads, sizes.width // sizes.heads

    def forward(self, x: Tensor, there: Tensor, hidden: Tensor) -> Tensor:
        query = self.ask(x).reshape(x.shape[0], x.shape[1], self.heads, self.deep).transpose(1, 2)
        offered = self.offer(there).reshape(there.shape[0], there.shape[1], 2, self.heads, self.deep)
        key, value = offered.permute(2, 0, 3, 1, 4).unbind(0)
        weight = (query @ key.transpose(2, 3) * self.deep**-0.5 + hidden).softmax(-1)
        return self.out((weight @ value).transpose(1, 2).flatten(2))


class _Layer(nn.Module):
    def __init__(self, sizes: Sizes, *, crosses: bool = False) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(3 if crosses else 2))
        self.attention = _Attention(sizes)
        self.cross = _Attention(sizes) if crosses else None
        wide = 4 * sizes.width
        self.think = nn.Sequential(nn.Linear(sizes.width, wide), nn.GELU(), nn.Linear(wide, sizes.width))

    def forward(self, x: Tensor, hidden: Tensor, there: Tensor | None = None, away: Tensor | None = None) -> Tensor:
        own = self.norms[0](x)
        x = x + self.attention(own, own, hidden)
        if self.cross is not None and there is not None and away is not None:
            x = x + self.cross(self.norms[2](x), there, away)
        return x + self.think(self.norms[1](x))


class _Words(nn.Module):
    """Tokens ``(n, t)`` as ``(n, t, width)``, with their places."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.word = nn.Embedding(sizes.vocabulary, sizes.width)
        self.place = nn.Parameter(torch.randn(sizes.length, sizes.width) * 0.02)
        nn.init.normal_(self.word.weight, 0, 0.05)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.word(tokens) + self.place[: tokens.shape[1]]


def _away(mask: Tensor) -> Tensor:
    """What is added to the attention to tokens that are not there, ``(n, 1, 1, t)``."""
    return ((1 - mask) * HIDDEN)[:, None, None]


class CaptionEncoder(nn.Module):
    """Captions to where their tokens lie: tokens ``(n, t)`` int32 and mask ``(n, t)`` int32, 1 where there is one."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.words, self.norm = _Words(sizes), nn.LayerNorm(sizes.width)
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.layers))
        self.out = nn.Linear(sizes.width, 2 * sizes.latent)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, ``(n, t, d)`` each, noughts where there is no token."""
        x = self.words(tokens)
        seen = mask.to(x.dtype)
        for layer in self.layers:
            x = layer(x, _away(seen))
        mean, spread = (self.out(self.norm(x)) * seen[:, :, None]).chunk(2, 2)
        return mean, spread.clamp(-8, 2)


class CaptionDecoder(nn.Module):
    """Points and faces to a caption.

    Latent ``(n, t, d)``, mask ``(n, t)`` int32, face ``(n, t, F)`` of the person each token speaks of, the public
    tokens so far ``(n, u)`` int32. The first of these is the beginning of a text; the logits at each place are of the
    token after it. What a face of noughts adds is nothing.
    """

    causal: Tensor

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.words, self.norm = _Words(sizes), nn.LayerNorm(sizes.width)
        self.face = nn.Linear(sizes.face, sizes.latent, bias=False)
        # A point is read with its neighbours: what follows a word is found by the word.
        self.enter = nn.Conv1d(sizes.latent, sizes.width, 3, padding=1)
        self.place = nn.Parameter(torch.randn(sizes.length, sizes.width) * 0.02)
        self.read = nn.ModuleList(_Layer(sizes) for _ in range(sizes.read))
        self.write = nn.ModuleList(_Layer(sizes, crosses=True) for _ in range(sizes.write))
        self.called = nn.LayerNorm(sizes.width)
        self.seek, self.show = nn.Linear(sizes.width, sizes.width), nn.Linear(sizes.width, sizes.width)
        self.name = nn.Linear(sizes.latent, sizes.vocabulary)
        self.trust = nn.Linear(sizes.width, 1)
        nn.init.constant_(self.trust.bias, POINTED)
        ahead = torch.full((sizes.length, sizes.length), HIDDEN).triu(1)
        self.register_buffer("causal", ahead, persistent=False)

    def forward(self, latent: Tensor, mask: Tensor, face: Tensor, tokens: Tensor) -> Tensor:
        """Logits ``(n, u, V)``."""
        own, pointed = self.told(latent, mask, face, tokens)
        return own + pointed @ (SURER * self.name(latent)).softmax(-1)

    def told(self, latent: Tensor, mask: Tensor, face: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of its own ``(n, u, V)``, and what each point adds to those of its token, ``(n, u, t)``."""
        seen = mask.to(latent.dtype)
        away = _away(seen)
        there = self._read((latent + self.face(face)) * seen[:, :, None], away)
        x = self.words(tokens)
        ahead = self.causal[: tokens.shape[1], : tokens.shape[1]].to(x.dtype)
        for layer in self.write:
            x = layer(x, ahead, there, away)
        x = self.norm(x)
        query, key = self.seek(x), self.show(there)
        chosen = (query @ key.transpose(1, 2) * x.shape[2] ** -0.5 + away[:, 0]).softmax(-1)
        return functional.linear(x, self.words.word.weight), functional.softplus(self.trust(x)) * chosen

    def _read(self, latent: Tensor, away: Tensor) -> Tensor:
        there = self.enter(latent.transpose(1, 2)).transpose(1, 2) + self.place[: latent.shape[1]]
        for layer in self.read:
            there = layer(there, away)
        return self.called(there)


class TextVae(nn.Module):
    """Both halves, as they are trained."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder, self.decoder = CaptionEncoder(sizes), CaptionDecoder(sizes)

    def forward(self, tokens: Tensor, mask: Tensor, face: Tensor, said: Tensor) -> Told:
        """Reads private tokens ``(n, t)`` and predicts public ones ``(n, u)`` from points drawn around the means.

        A point that is pointed at counts as the token it is of: that it is read as that token is for the loss to ask.
        """
        mean, spread = self.encoder(tokens, mask)
        drawn = mean + torch.randn_like(mean) * (spread / 2).exp()
        own, pointed = self.decoder.told(drawn, mask, face, said)
        of = tokens.long()[:, None].expand(-1, said.shape[1], -1)
        return Told(own.scatter_add(2, of, pointed.to(own.dtype)), mean, spread, drawn)
