"""Trains the encoders of texts and people ("Pocket CLIP"): texts made by grammar, people with known attributes.

    python -m export.train.captions.likeness --data ../shared/data --cache checkpoints/people --out checkpoints/likeness

A picture is no negative of a text that it does not contradict: pairs are true, false, or left out. The loss is that of
sigmoids (Zhai and others, "Sigmoid loss for language image pre-training", 2023) over all pairs that are known, and a
softmax over the texts of a picture's own, of which some have one thing wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from export.train.captions.claims import ATTRIBUTES, PLACES, agreement, claimed, shown
from export.train.captions.people import NAMES, People, Pool, turned
from export.train.captions.phrases import Phrases, contexts
from export.train.captions.towers import Towers
from export.train.faces.onnx_file import stored
from export.train.faces.run import Run, arguments
from pyanon.likeness import IMAGE, TEXT
from pyanon.runtime import Words, load_pack

__all__ = ["OWN", "Texts", "loss_of", "main", "texts_for"]

#: Texts of a picture: true ones, and as many of which one thing is wrong.
OWN = 4
#: What is known of a picture and said in a text: chances of how many attributes.
COUNTS = (0.42, 0.33, 0.18, 0.07)
#: Attributes that are said more often than others.
FAVOURED = {"gender": 3.0, "age": 2.2, "colour": 2.2}
#: Batches of people that are held composed.
POOL = 8
#: Parts of the loss.
PAIRS, CHOICE, HEAD = 1.0, 0.5, 0.5

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Texts:
    """Texts for a batch of pictures.

    Attributes:
        texts: ``OWN`` for each picture, in the pictures' order; of each pair the first is true.
        claims: ``(OWN n, COLUMNS)``.
    """

    texts: list[str]
    claims: npt.NDArray[np.float32]


def texts_for(labels: Labels, phrases: Phrases, rng: np.random.Generator) -> Texts:
    """Texts on people with these labels ``(n, attributes)``: a true one, one with a thing wrong, and so on."""
    texts, claims = [], []
    for row in labels:
        known = {name: ATTRIBUTES[name][row[k]] for k, name in enumerate(NAMES) if row[k] >= 0}
        for _ in range(OWN // 2):
            said = _some(known, rng)
            for facts in (said, _wrong(said, rng)):
                text, claim = phrases(facts, rng, age="" if facts.get("age", "") else known.get("age", ""))
                texts.append(text)
                claims.append(claimed(claim))
    return Texts(texts, np.stack(claims))


def _some(known: dict[str, str], rng: np.random.Generator) -> dict[str, str]:
    if not known:
        return {}
    chance = np.array([FAVOURED.get(name, 1.0) for name in known])
    count = min(len(known), 1 + int(rng.choice(len(COUNTS), p=COUNTS)))
    names = rng.choice(list(known), count, replace=False, p=chance / chance.sum())
    return {name: known[name] for name in names.tolist()}


def _wrong(said: dict[str, str], rng: np.random.Generator) -> dict[str, str]:
    """The same with another value of one attribute."""
    if not said:
        return {}
    name = str(rng.choice(list(said)))
    others = [value for value in ATTRIBUTES[name] if value != said[name]]
    return {**said, name: str(rng.choice(others))}


def loss_of(net: Towers, image: Tensor, text: Tensor, labels: Labels, claims: Tensor) -> dict[str, Tensor]:
    """The parts of the loss for embeddings of pictures ``(n, D)`` and of their texts ``(OWN n, D)``."""
    logits = net.scale.exp() * image @ text.T + net.offset
    true, weight = agreement(torch.from_numpy(shown(labels)), claims)
    costs = functional.binary_cross_entropy_with_logits(logits, true, reduction="none")
    own = functional.one_hot(torch.arange(len(image)).repeat_interleave(OWN), len(image)).T.bool()
    mean = [(costs * w).sum() / w.sum().clamp(min=1) for w in (weight * true, weight * (1 - true), weight * own)]
    pairs = (mean[0] + mean[1] + mean[2]) / 3
    # Of a true text and the same with one thing wrong, the first; where the second is not known to be wrong, either.
    rival = (weight * (1 - true))[own].reshape(-1, OWN // 2, 2)[..., 1]
    first, second = logits[own].reshape(-1, OWN // 2, 2).unbind(-1)
    choice = (functional.softplus(second - first) * rival).sum() / rival.sum().clamp(min=1)
    return {"pairs": pairs, "choice": choice}


def head_loss(logits: Tensor, labels: Labels) -> Tensor:
    """Cross entropy of every attribute that is known."""
    parts = []
    for k, place in enumerate(PLACES.values()):
        target = torch.from_numpy(labels[:, k])
        if (target >= 0).any():
            parts.append(functional.cross_entropy(logits[:, place], target, ignore_index=-1, label_smoothing=0.05))
    return torch.stack(parts).mean() if parts else logits.sum() * 0


def train(run: Run, people: People, phrases: Phrases, words: Words) -> None:
    """Runs the training."""
    net, rng = run.net, run.dice()
    assert isinstance(net, Towers)  # noqa: S101 - for the type checker
    pool = Pool(people, rng, size=POOL * run.args.batch)
    for _ in run.steps():
        pixels, labels = turned(pool.draw(run.args.batch), rng)
        own = texts_for(labels, phrases, rng)
        tokens, mask = (torch.from_numpy(each) for each in words(own.texts))
        with torch.autocast(run.device.type, torch.bfloat16):
            features = net.image.features(pixels.contiguous(memory_format=torch.channels_last))
            image, text = net.image.out(features), net.text(tokens, mask)
        image = functional.normalize(image.float(), dim=1)
        parts = loss_of(net, image, text.float(), labels, torch.from_numpy(own.claims))
        head = head_loss(net.attributes(features.float()), labels)
        run.learn(PAIRS * parts["pairs"] + CHOICE * parts["choice"] + HEAD * head)
        run.log(**parts, head=head, scale=net.scale.exp())


def _beginning(pack: Path, start: Path | None) -> dict[str, Tensor]:
    """The face's layers from the pack's oracle; or all from encoders that were trained."""
    found = {
        f"image.{name}": value
        for name, value in stored(pack, "oracle.residual").items()
        if name.startswith(("stages.", "pool."))
    }
    if start is not None:
        for role, inside in ((TEXT, "text."), (IMAGE, "image.")):
            found.update(stored(start, role, under=inside))
    return found


def main() -> None:
    """Command line."""
    parser = arguments(__doc__ or "", out="checkpoints/likeness", minutes=60, rate=1.5e-3, batch=64)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"), help="its vocabulary and oracle are used")
    args = parser.parse_args()
    pack = load_pack(args.pack)
    words = pack.words()
    run = Run(args, Towers(words.size, words.vocabulary.length))
    run.begin(_beginning(args.pack, args.start))
    train(run, People(args.cache), Phrases(contexts(args.data)), words)


if __name__ == "__main__":
    main()
