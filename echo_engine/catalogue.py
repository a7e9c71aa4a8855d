"""The catalogue: which models Echo knows by name, and what makes a file each of them.

Daemon and trainer know the same: what a client holds is what is trained on. Left out: fetching and
what lies on the disk (`echo_daemon.models`), models a user added.

Rules
 - A catalogue is valid as a whole or it is not loaded.
 - Names and file names are unique, and a file name is never a path.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from echo_core.errors import InputError, ModelError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.gguf")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # nothing pip could take for an option
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PARTS_MAX = 256  # 22 is the most in use; a larger number is a slip of the pen
NEAR_NAMES_MAX = 3


@dataclass(frozen=True, slots=True)
class HubPlace:
    """Where a model lies on the hub."""

    repository: str
    revision: str  # a commit, or a branch where no commit is known


@dataclass(frozen=True, slots=True)
class WheelPlace:
    """Data-only wheels whose members, joined in this order, are the model."""

    distributions: tuple[str, ...]
    version: str
    member: str  # shell pattern; `{part}` is the number of the part, from 1

    def pattern(self, part: int) -> str:
        """The pattern of the member in the wheel number `part`, counted from 1."""
        return self.member.replace("{part}", str(part))


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that Echo knows by name."""

    name: str
    summary: str
    file: str
    bytes: int
    sha256: str
    licence: str
    architecture: str
    family: str  # the family of prompts (`echo_core.completion.fim`), or empty
    has_fim: bool
    default: bool
    hub: HubPlace | None
    wheels: WheelPlace | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All entries, in the order of the file. At most one is the default."""

    entries: tuple[Entry, ...]

    @property
    def default(self) -> Entry:
        """The entry marked as default, else the first."""
        return next((entry for entry in self.entries if entry.default), self.entries[0])

    def find(self, name: str) -> Entry | None:
        """The entry called `name`."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def by_sha256(self, sha256: str) -> Entry | None:
        """The entry whose file has this digest."""
        return next((entry for entry in self.entries if entry.sha256 == sha256), None)


def unknown_name(name: str, known: tuple[str, ...]) -> InputError:
    """What to raise for a name that nobody knows; suggests the nearest ones."""
    near = difflib.get_close_matches(name.lower(), known, n=NEAR_NAMES_MAX, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`echoctl models list` names them."
    return InputError(f"No model is called {name!r}; {hint}")


def parse_catalogue(text: str) -> Catalogue:
    """Read a catalogue.

    Raises:
        ModelError: it is not TOML, or an entry is wrong; the sentence names the entry and field.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"The model catalogue is not TOML: {error}.") from error
    models = table.get("model")
    if not isinstance(models, list) or not models:
        raise ModelError("The model catalogue has no [[model]].")
    entries = tuple(_entry(_Fields(f"model {i}", item)) for i, item in enumerate(models, start=1))
    for what, values in (
        ("name", [entry.name for entry in entries]),
        ("file", [entry.file.lower() for entry in entries]),  # macOS folds case
        ("sha256", [entry.sha256 for entry in entries]),
    ):
        if len(set(values)) != len(values):
            raise ModelError(f"The model catalogue has the same {what} twice.")
    if sum(entry.default for entry in entries) > 1:
        raise ModelError("The model catalogue has more than one default.")
    return Catalogue(entries)


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of this package."""
    resource = resources.files("echo_engine").joinpath("catalogue.toml")
    return parse_catalogue(resource.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Fields:
    """A TOML table whose fields are taken one by one, each with its type and form."""

    where: str
    table: object

    def _take(self, field: str) -> object:
        if not isinstance(self.table, Mapping):
            raise ModelError(f"The model catalogue: {self.where} is not a table.")
        return self.table.get(field)

    def text(
        self, field: str, form: re.Pattern[str] | None = None, missing: str | None = None
    ) -> str:
        value = self._take(field)
        if value is None and missing is not None:
            return missing
        if not isinstance(value, str) or not value or (form and not form.fullmatch(value)):
            raise ModelError(f"The model catalogue: {self.where} has no right {field}.")
        return value

    def number(self, field: str, most: int) -> int:
        value = self._take(field)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
            raise ModelError(f"The model catalogue: {self.where} has no right {field}.")
        return value

    def flag(self, field: str, missing: bool | None = None) -> bool:
        value = self._take(field)
        if value is None and missing is not None:
            return missing
        if not isinstance(value, bool):
            raise ModelError(f"The model catalogue: {self.where} has no right {field}.")
        return value

    def inner(self, field: str) -> _Fields | None:
        value = self._take(field)
        return None if value is None else _Fields(f"{self.where}.{field}", value)


def _entry(fields: _Fields) -> Entry:
    hub, wheels = fields.inner("hub"), fields.inner("wheels")
    if hub is None and wheels is None:
        raise ModelError(f"The model catalogue: {fields.where} has no source.")
    return Entry(
        name=fields.text("name", NAME),
        summary=fields.text("summary"),
        file=fields.text("file", _FILE),
        bytes=fields.number("bytes", 1 << 46),  # 64 TiB: no disk holds more in one file
        sha256=fields.text("sha256", _SHA256),
        licence=fields.text("licence"),
        architecture=fields.text("architecture"),
        family=fields.text("family", missing=""),
        has_fim=fields.flag("has_fim"),
        default=fields.flag("default", missing=False),
        hub=None if hub is None else _hub(hub),
        wheels=None if wheels is None else _wheels(wheels),
    )


def _hub(fields: _Fields) -> HubPlace:
    return HubPlace(fields.text("repository", _REPOSITORY), fields.text("revision", _REVISION))


def _wheels(fields: _Fields) -> WheelPlace:
    template = fields.text("distribution")
    parts = fields.number("parts", PARTS_MAX)
    names = tuple(template.replace("{part}", str(part)) for part in range(1, parts + 1))
    if len(set(names)) != parts or not all(_DISTRIBUTION.fullmatch(name) for name in names):
        raise ModelError(f"The model catalogue: {fields.where} has no right distribution.")
    return WheelPlace(names, fields.text("version", _VERSION), fields.text("member"))
