"""Words as CLIP's tokens: with a checkpoint's tokenizer, or the merge table in the wheel of open_clip_torch."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pyanon.errors import InputError
from pyanon.runtime import Vocabulary

__all__ = ["LENGTH", "load_words", "tokens", "vocabulary"]

#: Tokens of a text, and how many merges of the table belong to the vocabulary of CLIP.
LENGTH, MERGES = 77, 49152 - 256 - 2
TABLE = "bpe_simple_vocab_16e6.txt.gz"


def load_words(checkpoint: str | None, *, revision: str | None = None) -> Any:
    """The tokenizer of a checkpoint, or CLIP's own where there is none.

    Raises:
        InputError: There is no checkpoint and no table of merges.
    """
    from transformers import CLIPTokenizer

    if checkpoint is not None:
        return CLIPTokenizer.from_pretrained(checkpoint, revision=revision)
    # Found without importing open_clip, which would import torchvision.
    found = importlib.util.find_spec("open_clip")
    table = Path(*(found.submodule_search_locations or ()), TABLE) if found else Path(TABLE)
    if not table.is_file():
        raise InputError(
            "the words of CLIP are missing", given=table, do="pip install --no-deps open_clip_torch: see docs/export.md"
        )
    lines = gzip.decompress(table.read_bytes()).decode().split("\n")[1 : MERGES + 1]
    merges = [tuple(line.split()) for line in lines]
    letters = _letters()
    names = [*letters, *(f"{each}</w>" for each in letters), *("".join(pair) for pair in merges)]
    names += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={name: i for i, name in enumerate(names)}, merges=merges)


def _letters() -> list[str]:
    """A letter for each byte, in CLIP's order: those that can be printed are themselves, the others come after them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(each) for each in plain] + [chr(256 + i) for i in range(256 - len(plain))]


def tokens(words: Any, texts: Sequence[str]) -> Tensor:
    """Texts as ``(n, 77)`` int32."""
    found = words(list(texts), padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt")
    return found["input_ids"].to(torch.int32)


def vocabulary(words: Any, file: str = "vocabulary.json") -> tuple[Vocabulary, str]:
    """What a pack states of a tokenizer, and its ``tokenizer.json``; CLIP fills up texts with their last token."""
    stated = Vocabulary(file, length=LENGTH, start=words.bos_token_id, end=words.eos_token_id, pad=words.pad_token_id)
    return stated, words.backend_tokenizer.to_str()
