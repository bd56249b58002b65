"""Trains the text VAE of the pocket pack on pairs of private and public captions.

    python -m export.train.captions.text_vae --data ../shared/data --pack engines/pocket --out checkpoints/text_vae

The loss is cross entropy of the public caption, and of each token as its point is read, and the KL divergence of the
points from the prior, which comes in slowly and leaves each number a few free bits, so that none dies (Bowman and
others, 2016; Kingma and others, "Improved variational inference with inverse autoregressive flow", 2016).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.text_vae_net import Sizes, TextVae, Told
from export.train.captions.captions import coco
from export.train.captions.lexicon import Lexicon, lexicon
from export.train.captions.pairs import Pair, pairs, swapped
from export.train.captions.spoken import people
from export.train.faces.run import Run, arguments
from pyanon.captions.decode import FEATURES, features
from pyanon.captions.lexicon import lexicon as known
from pyanon.runtime import Words, load_pack

__all__ = ["SIZES", "Batch", "Pairs", "batch_of", "faces_of", "loss_of", "main"]

#: Of the pocket pack.
SIZES = Sizes(vocabulary=4096, length=64, latent=24, face=FEATURES, width=192, heads=4, layers=3, read=1, write=2)
#: Weight of the KL divergence in the end, the share of the training in which it comes in, and the nats of a number
#: that are free.
KL, ANNEALED, FREE = 0.03, 0.3, 0.2
#: Share of the decoder's words that are hidden, so that it reads the points; of pairs with tokens that no caption has;
#: of captions some of whose words are exchanged for any others.
DROPPED, RARE, SWAPPED = 0.15, 0.2, 0.25
#: Weight of reading each point as its token, and the share of points that are asked.
NAMED, NAMED_OF = 0.5, 0.3
#: Texts of any tokens that are read besides, and their length: points of words that captions hardly have.
ANY = (8, 24)
#: Batches that are drawn at once, so that captions of a length come together.
DRAWN = 12
#: Share of captions that speak of people.
OF_PEOPLE = 0.7
#: Tokens below are bytes and marks; the most usual words stay themselves.
FIRST, USUAL = 259, 200


@dataclass
class Batch:
    """Pairs as the network takes them: private tokens, which are there, faces, public tokens."""

    tokens: Tensor
    mask: Tensor
    faces: Tensor
    public: Tensor
    there: Tensor


def faces_of(pair: Pair, words: Words, length: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The features of whom each token of a private caption speaks of, ``(length, F)`` float32."""
    found = np.zeros((length, FEATURES), np.float32)
    offsets = words.offsets(pair.private)
    for start, end, portrait in pair.faces:
        if portrait is None:
            continue
        row = features(portrait)
        for index, (a, b) in enumerate(offsets[:length]):
            if a < end and start < b:
                found[index] = row
    return found


def batch_of(found: Sequence[Pair], words: Words) -> Batch:
    """Pairs as tensors."""
    tokens, mask = words([pair.private for pair in found])
    public, there = words([pair.public for pair in found])
    faces = np.stack([faces_of(pair, words, tokens.shape[1]) for pair in found])
    return Batch(*map(torch.from_numpy, (tokens, mask, faces, public, there)))


class Pairs:
    """Batches without end, of pairs whose captions fit."""

    def __init__(self, captions: Sequence[str], words: Words, lexicon: Lexicon, *, batch: int, seed: object) -> None:
        self.words, self.lexicon, self.batch = words, lexicon, batch
        self.any = sorted(word for word in known().words if 3 < len(word) < 12)
        self.of_people = [each for each in captions if any(True for _ in people(each))]
        self.others = sorted(set(captions) - set(self.of_people))
        self.usual = self._usual()
        self.dice = random.Random(repr(seed))

    def __iter__(self) -> Iterator[Batch]:
        while True:
            found = sorted(self._some(DRAWN * self.batch), key=lambda each: each[0])
            starts = list(range(0, len(found), self.batch))
            self.dice.shuffle(starts)
            for start in starts:
                yield self._rare(batch_of([pair for _, pair in found[start : start + self.batch]], self.words))

    def _some(self, count: int) -> list[tuple[int, Pair]]:
        chosen = [self.of_people if self.dice.random() < OF_PEOPLE else self.others for _ in range(count)]
        drawn = [pairs(self._caption(each), dice=self.dice, words=self.lexicon) for each in chosen]
        lengths = self.words([pair.private for pair in drawn])[1].sum(1)
        return [(int(n), pair) for n, pair in zip(lengths, drawn, strict=True) if n < self.words.vocabulary.length]

    def _caption(self, captions: Sequence[str]) -> str:
        caption = self.dice.choice(captions)
        return swapped(caption, dice=self.dice, others=self.any) if self.dice.random() < SWAPPED else caption

    def _usual(self) -> Sequence[bool]:
        """Whether a token is one that captions use much, or a byte or mark; for each token."""
        count = np.bincount(self.words(self.of_people[:5000] + self.others[:5000])[0].ravel())
        usual = set(np.argsort(-count)[:USUAL].tolist())
        return [token < FIRST or token in usual for token in range(self.words.size)]

    def _rare(self, batch: Batch) -> Batch:
        """In some pairs, words that stay become others, in both captions: what is copied need not be known."""
        for row in range(len(batch.tokens)):
            if self.dice.random() >= RARE:
                continue
            shared = sorted(set(batch.tokens[row].tolist()) & set(batch.public[row].tolist()))
            free = [token for token in shared if not self.usual[token]]
            for token in self.dice.sample(free, min(len(free), self.dice.randint(1, 4))):
                other = self.dice.randrange(FIRST, self.words.size)
                batch.tokens[row][batch.tokens[row] == token] = other
                batch.public[row][batch.public[row] == token] = other
        return batch


def loss_of(net: TextVae, told: Told, batch: Batch, share: float) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss after a share of the training, and its parts."""
    here, wanted = batch.mask > 0, batch.public[:, 1:].long().masked_fill(batch.there[:, 1:] == 0, -100)
    said = functional.cross_entropy(told.logits[:, :-1].flatten(0, 1).float(), wanted.flatten())
    some = here & (torch.rand(here.shape, device=here.device) < NAMED_OF)
    named = functional.cross_entropy(net.decoder.name(told.points[some]).float(), batch.tokens[some].long())
    mean, spread = told.mean[here].float(), told.log_variance[here].float()
    divergence = 0.5 * (mean**2 + spread.exp() - spread - 1).mean(0)
    weight = KL * min(1.0, share / ANNEALED)
    loss = said + NAMED * named + weight * divergence.clamp_min(FREE).sum()
    return loss, {"said": said, "named": named, "kl": divergence.sum(), "least": divergence.min()}


def any_read(net: TextVae, device: torch.device) -> Tensor:
    """The loss of reading the points of any tokens."""
    tokens = torch.randint(FIRST, net.sizes.vocabulary, ANY, dtype=torch.int32, device=device)
    mean, spread = net.encoder(tokens, torch.ones_like(tokens))
    named = net.decoder.name(mean + torch.randn_like(mean) * (spread / 2).exp())
    return functional.cross_entropy(named.flatten(0, 1).float(), tokens.flatten().long())


def _dropped(public: Tensor, pad: int) -> Tensor:
    """Public tokens with some of them hidden, but for the start."""
    hide = torch.rand(public.shape) < DROPPED * torch.rand(public.shape[0], 1) * 2
    hide[:, 0] = False
    return public.masked_fill(hide, pad)


def _parser() -> argparse.ArgumentParser:
    parser = arguments(__doc__ or "", out="checkpoints/text_vae", minutes=75, rate=1e-3, batch=64)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"), help="whose vocabulary is written in")
    return parser


def main() -> None:
    """Command line."""
    args = _parser().parse_args()
    words = load_pack(args.pack).words()
    run = Run(args, net := TextVae(SIZES))
    captions = [caption for _, caption in coco(args.data)]
    batches = Pairs(captions, words, lexicon(), batch=args.batch, seed=(args.seed, run.step))
    for share, batch in zip(run.steps(), batches, strict=False):
        with torch.autocast(run.device.type, torch.bfloat16):
            told = net(batch.tokens, batch.mask, batch.faces, _dropped(batch.public, words.vocabulary.pad))
            strange = any_read(net, run.device)
        loss, parts = loss_of(net, told, batch, share)
        run.learn(loss + NAMED * strange)
        run.log(**parts, strange=strange)
    (args.out / "sizes.json").write_text(str(asdict(SIZES)), encoding="utf-8")


if __name__ == "__main__":
    main()
