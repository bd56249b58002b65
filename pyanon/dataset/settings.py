"""What a user says about a data set: which fields are captions, what is kept, how it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyanon.errors import InputError

__all__ = ["INSTRUCTION", "DatasetSettings"]

#: The field that is added: what an editor would have to do to the original picture.
INSTRUCTION = "edit_instruction"
_MOST_WORKERS = 256


@dataclass(frozen=True)
class DatasetSettings:
    """How a data set is read, run and written.

    Attributes:
        captions: Fields that are captions; empty takes those that are called so (docs/datasets.md lists the names).
        image: Field that names the picture; None takes the one that is called so.
        keep: Fields that are written as they are, in the user's responsibility; ``section.field`` in a COCO file.
        keep_names: Pictures keep their names, which may be names of people.
        private: Also write the original captions, into a file beside the output folder, for the user's eyes only.
        restart: Begin anew where an earlier run left something.
        workers: Processes at work, each with networks of its own; 1 works in this process.
        pack: Name or folder of the pack of networks.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        threads: Threads of one network on the CPU.
        extractors: Who reads captions besides the grammar, as `pyanon.captions.extractors.open_extractor` takes them;
            every worker opens its own.
        extractor_options: What is said to each of them: ``model``, ``remote``, ``key_variable``, ``timeout``.

    Raises:
        InputError: A value cannot be used.
    """

    captions: tuple[str, ...] = ()
    image: str | None = None
    keep: tuple[str, ...] = ()
    keep_names: bool = False
    private: bool = False
    restart: bool = False
    workers: int = 1
    pack: str = "pocket"
    device: str = "auto"
    threads: int = 1
    extractors: tuple[str, ...] = ()
    extractor_options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if isinstance(self.workers, bool) or not isinstance(self.workers, int) or self.workers < 1:
            raise InputError("there is nobody to work", given=f"{self.workers!r} workers", expected="1 or more")
        if self.workers > _MOST_WORKERS:
            raise InputError("too many workers", given=self.workers, expected=f"at most {_MOST_WORKERS}")
        for name in ("captions", "keep", "extractors"):
            fields = getattr(self, name)
            if isinstance(fields, str) or not all(isinstance(each, str) and each for each in fields):
                raise InputError(f"{name} is not a list of names", given=repr(fields), expected='such as ("caption",)')
            object.__setattr__(self, name, tuple(fields))
        self._check_clashes()

    def _check_clashes(self) -> None:
        both = sorted(set(self.keep) & {*self.captions, *filter(None, [self.image]), INSTRUCTION})
        if both:
            raise InputError(
                "a field cannot be kept as it is and be rewritten",
                given=", ".join(both),
                do="leave it out of keep; names of pictures are kept by keep_names",
            )

    def facts(self) -> dict[str, object]:
        """What decides about the output: an output that was begun with other facts cannot be gone on with."""
        return {
            "captions": list(self.captions),
            "image": self.image,
            "keep": sorted(self.keep),
            "keep_names": self.keep_names,
            "pack": str(self.pack),
            "extractors": list(self.extractors),
            "extractor_options": dict(self.extractor_options),
        }
