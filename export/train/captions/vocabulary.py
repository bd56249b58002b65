"""Makes the vocabulary of the pocket pack: pieces of words by which its networks read and write.

    python -m export.train.captions.vocabulary --data ../shared/data --pack engines/pocket

Byte-pair encoding over bytes, so that no text is without tokens; learnt from captions, and from names so that these
fall into few pieces.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from export.train.captions.captions import coco, prompts
from pyanon.runtime import Pack, Vocabulary, load_pack, write_pack_toml

__all__ = ["FILE", "LENGTH", "SPECIAL", "add_vocabulary", "learn", "main"]

FILE = "vocabulary.json"
SPECIAL = ("<pad>", "<start>", "<end>")
#: Tokens in all, and of a text at most.
SIZE, LENGTH = 4096, 64
#: Names that are learnt from, drawn by a library in these languages.
NAMES, PLACES = 6000, ("en_US", "en_GB", "es_ES", "fr_FR", "de_DE", "it_IT", "pl_PL", "en_IN", "tr_TR", "nl_NL")


def _texts(data: Path) -> Iterator[str]:
    from faker import Faker

    for _ in range(2):
        yield from (caption for _, caption in coco(data))
    yield from prompts(data)
    faker = Faker(PLACES)
    faker.seed_instance(3)
    for _ in range(NAMES):
        yield f"{faker.first_name()} {faker.last_name()}, {faker.random_int(1, 95)}, {faker.city()}"


def learn(data: Path) -> Tokenizer:
    """A tokenizer of the captions."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(content=" ", left=1)])
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=list(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2, show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(_texts(data), trainer)
    return tokenizer


def add_vocabulary(pack: Pack, tokenizer: Tokenizer) -> Pack:
    """Writes a tokenizer into a pack and states it."""
    (pack.folder / FILE).write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    known = tokenizer.get_vocab()
    pad, start, end = (known[name] for name in SPECIAL)
    stated = Vocabulary(FILE, length=LENGTH, start=start, end=end, pad=pad)
    return write_pack_toml(Pack(pack.folder, replace(pack.manifest, vocabulary=stated)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    add_vocabulary(load_pack(args.pack), learn(args.data))


if __name__ == "__main__":
    main()
