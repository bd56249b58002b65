"""Two small encoders, one for texts and one for people, whose embeddings are compared by their cosine."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.captions.claims import COLUMNS
from export.train.faces.oracle_nets import Residual, ResidualOracle, conv

__all__ = ["WIDTH", "ImageTower", "TextTower", "Towers"]

#: Numbers in an embedding.
WIDTH = 128
#: Where the face is in a crop, left, top, right and bottom: enlarged to 128 pixels, its landmarks lie on average where
#: the oracles want them.
FACE = (32, 17, 94, 79)


class _Block(nn.Module):
    """Attention and two layers, each around which the input goes (Vaswani and others, 2017; norms first)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.inner = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )

    def _split(self, x: Tensor) -> Tensor:
        n, t, width = x.shape
        return x.reshape(n, t, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        y = self.norm(x)
        query, key, value = (self._split(part(y)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3]) + hidden
        mixed = (scores.softmax(3) @ value).transpose(1, 2).flatten(2)
        x = x + self.out(mixed)
        out: Tensor = x + self.inner(self.norm2(x))
        return out


class TextTower(nn.Module):
    """Tokens and mask ``(n, t)`` int32 to embeddings ``(n, 128)`` of length 1.

    Args:
        size: Tokens of the vocabulary.
        length: Tokens of a text at most.
    """

    def __init__(self, size: int = 4096, length: int = 64, *, width: int = 128, depth: int = 3) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(size, width), nn.Parameter(torch.randn(length, width) * 0.02)
        nn.init.normal_(self.tokens.weight, std=0.05)
        self.blocks = nn.ModuleList(_Block(width, 4) for _ in range(depth))
        self.norm, self.weigh = nn.LayerNorm(width), nn.Linear(width, 4)
        self.out = nn.Linear(4 * width, WIDTH)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """The embeddings."""
        seen = mask.to(torch.float32)
        hidden = ((seen - 1) * 1e4)[:, None, None]
        x = self.tokens(tokens) + self.places[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, hidden)
        x = self.norm(x)
        # Four averages whose weights the network chooses.
        weight = (self.weigh(x) + hidden[:, 0].transpose(1, 2)).softmax(1)
        out: Tensor = functional.normalize(self.out((weight.transpose(1, 2) @ x).flatten(1)), dim=1)
        return out


class ImageTower(nn.Module):
    """People ``(n, 3, 128, 128)`` RGB 0..1 to embeddings ``(n, 128)`` of length 1.

    Two looks: a close one at the face, by the layers of the pack's first oracle, of which the first two stages stay as
    they are; and one at the whole in half the size, for what is worn.
    """

    def __init__(self) -> None:
        super().__init__()
        oracle = ResidualOracle()
        self.stages, self.pool = oracle.stages, oracle.pool
        self.whole = nn.Sequential(
            conv(3, 32, 2), conv(32, 64, 2), Residual(64), conv(64, 128, 2), Residual(128),
        )  # fmt: skip
        # People stand where the crop wants them: a weight for each place says more than an average.
        self.place = nn.Conv2d(128, 2 * 128, 8, groups=128, bias=False)
        self.norm = nn.BatchNorm1d(2 * 192 + 3 * 128)
        self.out = nn.Linear(2 * 192 + 3 * 128, WIDTH)

    def features(self, image: Tensor) -> Tensor:
        """What is seen, before it becomes an embedding, ``(n, 768)``."""
        face = image[:, :, FACE[1] : FACE[3], FACE[0] : FACE[2]]
        close = functional.interpolate(face, size=128, mode="bilinear", align_corners=False) * 2 - 1
        with torch.no_grad():
            for stage in self.stages[:2]:
                close = stage.eval()(close)
        close = self.stages[2](close)
        whole = self.whole(functional.avg_pool2d(image, 2) * 2 - 1)
        parts = [self.pool(close), self.place(whole), *(x.mean((2, 3), keepdim=True) for x in (close, whole))]
        out: Tensor = self.norm(torch.cat(parts, 1).flatten(1))
        return out

    def forward(self, image: Tensor) -> Tensor:
        """The embeddings."""
        return functional.normalize(self.out(self.features(image)), dim=1)


class Towers(nn.Module):
    """Both encoders, and what is needed to train them: scale and offset of similarities, a head for attributes."""

    def __init__(self, size: int = 4096, length: int = 64) -> None:
        super().__init__()
        self.text, self.image = TextTower(size, length), ImageTower()
        self.scale, self.offset = nn.Parameter(torch.tensor(math.log(10.0))), nn.Parameter(torch.tensor(-4.0))
        self.attributes = nn.Linear(self.image.out.in_features, COLUMNS)
