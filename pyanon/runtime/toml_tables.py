"""Tables of TOML files, read strictly and written: what `pack.toml` and source lists have in common."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from pyanon.errors import PackError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["NAME", "SHA256", "Table", "format_key", "format_table"]

#: What packs and source lists may be called.
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
#: A sha256 as text.
SHA256 = re.compile(r"[0-9a-f]{64}")


class Table:
    """A table of the file whose keys are taken one by one; what is left at `close` is unknown, so an error.

    Every method raises `PackError`, which names the file and the key, where something is not as it should be.

    Args:
        raw: The table.
        key: Where it is in the file, ``"roles.locator"``; empty for the whole file.
        source: The file, for error texts.
    """

    def __init__(self, raw: Mapping[str, Any], key: str, source: object) -> None:
        self._left, self._key, self._source = dict(raw), key, source
        self._known: list[str] = []

    @classmethod
    def read(cls, text: str, source: object) -> Table:
        """The whole of a TOML file.

        Args:
            text: The text.
            source: Where it came from, for error texts.

        Raises:
            PackError: It is no TOML; names the line.
        """
        try:
            return cls(tomllib.loads(text), "", source)
        except tomllib.TOMLDecodeError as error:
            raise PackError(f"{source} is not valid TOML ({error})", do="see docs/packs.md") from error

    def __contains__(self, key: str) -> bool:
        """Whether it has a key that was not taken yet."""
        return key in self._left

    def path(self, key: str) -> str:
        """Where a key is in the file."""
        return ".".join(part for part in (self._key, key) if part)

    def fault(self, key: str, what: str, *, given: object = "", expected: str = "") -> PackError:
        """What to raise where a value cannot be used."""
        return PackError(
            f"{self._source}: {self.path(key)} {what}", given=given, expected=expected, do="see docs/packs.md"
        )

    def take(self, key: str, kind: type, expected: str) -> Any:
        """The value of a key, of a type."""
        self._known.append(key)
        if key not in self._left:
            raise self.fault(key, "is missing", expected=expected)
        value = self._left.pop(key)
        # bool is an int to isinstance, not to the reader of a file.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fault(key, "has the wrong type", given=repr(value), expected=expected)
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        """A text that is not empty, and like the pattern."""
        value: str = self.take(key, str, "a text")
        if not value or (pattern and not pattern.fullmatch(value)):
            expected = f"a text like {pattern.pattern}" if pattern else "a text that is not empty"
            raise self.fault(key, "cannot be used", given=repr(value), expected=expected)
        return value

    def inside(self, key: str) -> str:
        """A relative path that stays inside its folder, with forward slashes."""
        file = self.text(key)
        path = PurePosixPath(file)
        if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in file or "\0" in file:
            raise self.fault(key, "leaves the pack's folder", given=repr(file), expected="a relative path without '..'")
        return file

    def schema(self, known: int) -> None:
        """Take the number of the schema, which has to be the one that is known."""
        schema = self.take("schema", int, f"the number {known}")
        if schema != known:
            raise self.fault("schema", "is not one this pyanon reads", given=schema, expected=f"{known}; update pyanon")

    def table(self, key: str) -> Table:
        """A table in this one."""
        return Table(self.take(key, dict, "a table"), self.path(key), self._source)

    def tables(self, key: str) -> list[Table]:
        """A list of tables, at least one."""
        rows = self.take(key, list, "a list of tables")
        if not rows or not all(isinstance(row, dict) for row in rows):
            raise self.fault(key, "has the wrong type", given=repr(rows), expected="a list of tables that is not empty")
        return [Table(row, f"{self.path(key)}[{index}]", self._source) for index, row in enumerate(rows)]

    def optional_table(self, key: str) -> Mapping[str, Any]:
        """A table in this one whose keys are anybody's; empty where it is missing."""
        self._left.setdefault(key, {})
        table: Mapping[str, Any] = self.take(key, dict, "a table")
        return table

    def keys(self) -> list[str]:
        """The keys that were not taken yet."""
        return list(self._left)

    def close(self) -> None:
        """Refuse what is left."""
        for key in self._left:
            raise self.fault(key, "is not a known key", expected=f"one of {', '.join(self._known)}")


def format_table(name: str, table: Mapping[str, Any]) -> str:
    """A table with its head, as TOML.

    Args:
        name: What stands in the head, with its brackets where it is one of a list: ``"pack"``, ``"[source]"``.
        table: Texts, numbers, truth values, lists and tables.

    Raises:
        PackError: TOML cannot say a value.
    """
    return "\n".join([f"[{name}]", *(f"{format_key(key)} = {_format(value)}" for key, value in table.items()), ""])


def format_key(key: str) -> str:
    """A key as TOML, in quotes where it needs them.

    Args:
        key: The key.
    """
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _format(key)


def _format(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # JSON and TOML escape alike, except that JSON leaves DEL as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{format_key(key)} = {_format(item)}' for key, item in value.items())} }}"
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, Mapping) for item in value):
            return f"[\n{''.join(f'  {_format(item)},' + chr(10) for item in value)}]"
        return f"[{', '.join(map(_format, value))}]"
    raise PackError("a value cannot be written to pack.toml", given=repr(value), expected="text, number, list or table")
