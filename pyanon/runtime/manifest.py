"""Reading `pack.toml`, strictly: a key that is not known is an error, never ignored.

The schema is described in ``docs/packs.md``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias, TypeGuard

from pyanon.errors import PackError
from pyanon.runtime.port import DTYPES, Port
from pyanon.runtime.toml_tables import NAME, SHA256, Table

__all__ = [
    "MANIFEST",
    "ROLES",
    "SCHEMA",
    "DataFile",
    "Manifest",
    "Prompts",
    "Role",
    "Setting",
    "Vocabulary",
    "parse_manifest",
]

#: File name of a manifest.
MANIFEST = "pack.toml"

#: Version of the schema that this code reads and writes.
SCHEMA = 1

#: The roles a network can play; besides these there is ``oracle.<name>`` for every face recogniser.
ROLES = (
    "locator",
    "landmarks",
    "face_encoder",
    "generator",
    "face_decoder",
    "occlusion",
    "text_encoder",
    "image_encoder",
    "caption_encoder",
    "caption_decoder",
)

#: A value of a role's settings table; arrays are tuples and tables are read-only mappings.
Setting: TypeAlias = "str | int | float | bool | tuple[Setting, ...] | Mapping[str, Setting]"


@dataclass(frozen=True)
class Role:
    """What a manifest says of one network.

    Attributes:
        file: The ONNX file, relative to the pack's folder.
        inputs: What it takes.
        outputs: What it returns.
        settings: Its settings (thresholds, strides, input sizes, ...).
        sha256: Of the file, 64 hexadecimal digits; may be empty only in a manifest that is about to be written.
    """

    file: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    sha256: str = ""

    def number(self, setting: str) -> float:
        """A setting that is one finite number; `PackError` where it is missing or something else."""
        value = self.settings.get(setting)
        if not _is_number(value):
            raise self._fault(setting, value, "a finite number")
        return value

    def integers(self, setting: str) -> tuple[int, ...]:
        """A setting that is a list of whole numbers; `PackError` where it is missing or something else."""
        value = self.settings.get(setting)
        if not isinstance(value, tuple):
            raise self._fault(setting, value, "a list of whole numbers")
        whole = tuple(item for item in value if isinstance(item, int) and not isinstance(item, bool))
        if len(whole) != len(value):
            raise self._fault(setting, value, "a list of whole numbers")
        return whole

    def numbers(self, setting: str) -> tuple[float, ...]:
        """A setting that is a list of finite numbers; `PackError` where it is missing or something else."""
        value = self.settings.get(setting)
        numbers = tuple(item for item in value if _is_number(item)) if isinstance(value, tuple) else ()
        if not isinstance(value, tuple) or len(numbers) != len(value):
            raise self._fault(setting, value, "a list of finite numbers")
        return numbers

    def table(self, setting: str) -> Mapping[str, Setting]:
        """A setting that is a table; `PackError` where it is missing or something else."""
        value = self.settings.get(setting)
        if not isinstance(value, Mapping):
            raise self._fault(setting, value, "a table")
        return value

    def fault(self, setting: str, expected: str) -> PackError:
        """What to raise where a stage cannot use a setting as it is."""
        return self._fault(setting, self.settings.get(setting), expected)

    def _fault(self, setting: str, value: object, expected: str) -> PackError:
        given = "nothing" if value is None else repr(value)
        return PackError(
            f"setting {setting!r} of {self.file} cannot be used", given=given, expected=expected, do="see docs/packs.md"
        )


@dataclass(frozen=True)
class Prompts:
    """The prompts that a pack's locator knows.

    Attributes:
        file: A ``.npy`` file, ``(len(names), D)`` float32, relative to the pack's folder.
        names: The prompt of each row.
        sha256: Of the file, as in `Role`.
    """

    file: str
    names: tuple[str, ...]
    sha256: str = ""


@dataclass(frozen=True)
class DataFile:
    """A file of a pack that is no network.

    Attributes:
        file: Relative to the pack's folder.
        sha256: Of the file, as in `Role`.
    """

    file: str
    sha256: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """How a pack's networks are told texts.

    Attributes:
        file: A ``tokenizer.json`` as the library `tokenizers` reads it, relative to the pack's folder.
        length: Tokens of a text at most, start and end among them.
        start: Number of the token before a text.
        end: Number of the token after it.
        pad: Number of the tokens that fill up a shorter text.
        sha256: Of the file, as in `Role`.
    """

    file: str
    length: int
    start: int
    end: int
    pad: int
    sha256: str = ""


@dataclass(frozen=True)
class Manifest:
    """What `pack.toml` says.

    Attributes:
        name: Name of the pack.
        version: Its version.
        licence: Licence of its weights, an SPDX expression where there is one.
        training_data: What they were trained on, for people.
        description: What the pack is, for people.
        roles: Role name -> network.
        prompts: The prompts its locator knows; None without a text-conditioned locator.
        manifold: The identities it can draw from, a ``.npz`` file; None where it cannot replace faces.
        vocabulary: How its networks are told texts; None where none of them reads.
        method: What happens to faces where the policy leaves it open: ``"replace"`` where the pack can, or ``"cover"``.
    """

    name: str
    version: str
    licence: str
    training_data: str
    description: str
    roles: Mapping[str, Role] = field(hash=False)
    prompts: Prompts | None = None
    manifold: DataFile | None = None
    vocabulary: Vocabulary | None = None
    method: str = "replace"


def parse_manifest(text: str, *, source: object) -> Manifest:
    """Read the text of a `pack.toml`.

    Args:
        text: The text.
        source: Where it came from, for error texts.

    Returns:
        What it says.

    Raises:
        PackError: It is no TOML (names the line), or does not follow the schema (names the key).
    """
    top = Table.read(text, source)
    pack = top.table("pack")
    pack.schema(SCHEMA)
    manifest = Manifest(
        name=pack.text("name", NAME),
        version=pack.text("version"),
        licence=pack.text("licence"),
        training_data=pack.text("training_data"),
        description=pack.text("description"),
        roles=_roles(top.table("roles")),
        prompts=_prompts(top.table("prompts")) if "prompts" in top else None,
        manifold=_data_file(top.table("manifold")) if "manifold" in top else None,
        vocabulary=_vocabulary(top.table("vocabulary")) if "vocabulary" in top else None,
        method=pack.text("method", _METHOD) if "method" in pack else "replace",
    )
    pack.close()
    top.close()
    return manifest


_ORACLE = re.compile(r"oracle\.[a-z0-9_]+")
_METHOD = re.compile(r"replace|cover")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _roles(table: Table) -> Mapping[str, Role]:
    names = table.keys()
    if not names:
        raise table.fault("", "names no role", expected=f"one of {', '.join(ROLES)}")
    return MappingProxyType({name: _role(name, table) for name in names})


def _role(name: str, roles: Table) -> Role:
    if name not in ROLES and not _ORACLE.fullmatch(name):
        raise roles.fault(
            name, "is not a known role", expected=f'one of {", ".join(ROLES)} or "oracle.<name>" in quotes'
        )
    table = roles.table(name)
    settings = table.optional_table("settings")
    role = Role(
        file=table.inside("file"),
        sha256=table.text("sha256", SHA256),
        inputs=_ports(table, "inputs"),
        outputs=_ports(table, "outputs"),
        settings=MappingProxyType({key: _setting(table, f"settings.{key}", value) for key, value in settings.items()}),
    )
    table.close()
    return role


def _ports(table: Table, key: str) -> tuple[Port, ...]:
    ports = tuple(_port(row) for row in table.tables(key))
    if len({port.name for port in ports}) != len(ports):
        raise table.fault(key, "names a port twice", given=", ".join(port.name for port in ports))
    return ports


def _port(row: Table) -> Port:
    name, dtype = row.text("name"), row.text("dtype")
    if dtype not in DTYPES:
        raise row.fault("dtype", "is not a known dtype", given=repr(dtype), expected=f"one of {', '.join(DTYPES)}")
    axes = row.take("shape", list, "a list of sizes and names")
    for axis in axes:
        if not (isinstance(axis, str) and axis) and not (type(axis) is int and axis > 0):
            raise row.fault(
                "shape", "cannot be used", given=axes, expected="sizes above 0, and names of axes that vary"
            )
    row.close()
    return Port(name, dtype, tuple(axes))


def _setting(table: Table, key: str, value: Any) -> Setting:
    if isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, list):
        return tuple(_setting(table, f"{key}[{index}]", item) for index, item in enumerate(value))
    if isinstance(value, dict):
        return MappingProxyType({name: _setting(table, f"{key}.{name}", item) for name, item in value.items()})
    raise table.fault(
        key, "has the wrong type", given=repr(value), expected="a text, number, truth value, list or table"
    )


def _prompts(table: Table) -> Prompts:
    names = table.take("names", list, "a list of texts")
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise table.fault("names", "cannot be used", given=names, expected="different texts, at least one")
    prompts = Prompts(file=table.inside("file"), sha256=table.text("sha256", SHA256), names=tuple(names))
    table.close()
    return prompts


def _data_file(table: Table) -> DataFile:
    data = DataFile(file=table.inside("file"), sha256=table.text("sha256", SHA256))
    table.close()
    return data


def _vocabulary(table: Table) -> Vocabulary:
    numbers = {key: table.take(key, int, "a whole number") for key in ("length", "start", "end", "pad")}
    if min(numbers.values()) < 0 or numbers["length"] < 3:
        raise table.fault("length", "cannot be used", given=numbers, expected="numbers of tokens, and length >= 3")
    vocabulary = Vocabulary(file=table.inside("file"), sha256=table.text("sha256", SHA256), **numbers)
    table.close()
    return vocabulary
