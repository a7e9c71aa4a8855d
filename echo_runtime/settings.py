"""The user's settings: config.toml as one frozen value.

Left out: where the file lies (`profile`), who acts on a setting, what the user consented to
(that is never a setting).

Rules
 - Nothing has to be set; every field has a default.
 - A key that is not known or has the wrong type is an error that names the key and the remedy:
   a misspelt setting that does nothing is worse than one that stops.
 - Default, unit, effect and bounds stand in the field's metadata; docs/settings.md is made from
   them by `python -m echo_runtime.settings`.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar, cast

from echo_core import limits
from echo_core.errors import InputError
from echo_core.gate import Eagerness

CONFIG_BYTES_MAX: Final = 1 << 16  # a settings file of a person; a whole page is 4 KiB


class About(TypedDict, total=False):
    """What a field's metadata says of it."""

    unit: str
    effect: str
    minimum: int
    maximum: int
    choices: tuple[str, ...]


def _about(about: About) -> dict[str, object]:
    return dict(about)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The worker that runs the model."""

    command: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            {
                "unit": "program and arguments",
                "effect": "Started instead of Echo's own engine worker; empty: Echo's own.",
            }
        ),
    )
    threads: int = field(
        default=0,
        metadata=_about(
            {
                "unit": "threads",
                "effect": "Threads that compute; 0: one for each physical core.",
                "minimum": 0,
                "maximum": 1024,
            }
        ),
    )
    gpu_layers: int = field(
        default=-1,
        metadata=_about(
            {
                "unit": "layers",
                "effect": "Layers that are put on the GPU, where there is one; -1: all of them.",
                "minimum": -1,
                "maximum": 10_000,
            }
        ),
    )
    context_tokens: int = field(
        default=8192,
        metadata=_about(
            {
                "unit": "tokens",
                "effect": "Room for the prompts and answers of the last few places, together; "
                "more takes more memory.",
                "minimum": 512,
                "maximum": 131_072,
            }
        ),
    )
    idle_minutes: int = field(
        default=20,
        metadata=_about(
            {
                "unit": "minutes",
                "effect": "The model's memory is given back after so long without a request; "
                "0: never.",
                "minimum": 0,
                "maximum": 10_080,
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """What is offered, and when."""

    enabled: bool = field(
        default=True,
        metadata=_about({"unit": "", "effect": "Offer completions at all."}),
    )
    tokens_max: int = field(
        default=limits.COMPLETION_TOKENS_MAX,
        metadata=_about(
            {
                "unit": "tokens",
                "effect": "The longest proposal.",
                "minimum": 1,
                "maximum": 512,
            }
        ),
    )
    deadline_ms: int = field(
        default=limits.COMPLETION_DEADLINE_MS,
        metadata=_about(
            {
                "unit": "milliseconds",
                "effect": "A request that takes longer ends with what there is.",
                "minimum": 50,
                "maximum": 60_000,
            }
        ),
    )
    disabled_languages: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            {
                "unit": "language identifiers of LSP",
                "effect": "No completions in documents of these languages.",
            }
        ),
    )
    silence_in_comments: bool = field(
        default=False,
        metadata=_about(
            {"unit": "", "effect": "Offer nothing in comments, except when asked by hand."}
        ),
    )
    silence_in_strings: bool = field(
        default=False,
        metadata=_about(
            {"unit": "", "effect": "Offer nothing in strings, except when asked by hand."}
        ),
    )
    eagerness: str = field(
        default="normal",
        metadata=_about(
            {
                "unit": "",
                "effect": "How sure Echo is before it offers something unasked: calm offers what "
                "is likely to be taken, eager nearly everything.",
                "choices": tuple(Eagerness),
            }
        ),
    )
    look_ahead: bool = field(
        default=True,
        metadata=_about(
            {
                "unit": "",
                "effect": "While the engine is idle, write what would follow if the proposal were "
                "accepted; costs power.",
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The encrypted store of what was recorded."""

    key: str = field(
        default="auto",
        metadata=_about(
            {
                "unit": "",
                "effect": "Where the store's key is kept: the system's keyring, a key file that "
                "only you can read, or the first of the two that works.",
                "choices": ("auto", "keyring", "file"),
            }
        ),
    )
    keep_days: int = field(
        default=30,
        metadata=_about(
            {
                "unit": "days",
                "effect": "Recorded events leave the store after so long; samples stay.",
                "minimum": 1,
                "maximum": 3650,
            }
        ),
    )
    keep_bytes: int = field(
        default=1 << 30,
        metadata=_about(
            {
                "unit": "bytes",
                "effect": "A larger store lets its oldest events go, and when none are left that "
                "are older than an hour, its oldest samples.",
                "minimum": 1 << 20,
                "maximum": 1 << 40,
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Echo's own logs; they never hold source text."""

    level: str = field(
        default="info",
        metadata=_about(
            {
                "unit": "",
                "effect": "The least important line that is written.",
                "choices": ("debug", "info", "warning", "error"),
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All of config.toml; one table a field."""

    engine: EngineSettings = EngineSettings()
    completion: CompletionSettings = CompletionSettings()
    store: StoreSettings = StoreSettings()
    log: LogSettings = LogSettings()


_TABLES: Final[dict[str, type]] = {
    "engine": EngineSettings,
    "completion": CompletionSettings,
    "store": StoreSettings,
    "log": LogSettings,
}
T = TypeVar("T")


def parse_settings(document: Mapping[str, object]) -> Settings:
    """`document`, a parsed config.toml, as settings.

    Raises:
        InputError: a table or a key is not known, or a value does not fit.
    """
    tables: dict[str, Any] = {}
    for name, table in document.items():
        kind = _TABLES.get(name)
        if kind is None:
            raise InputError(f"config.toml: there is no [{name}]; {_known(_TABLES)}")
        if not isinstance(table, dict):
            raise InputError(f"config.toml: {name} is a table; write [{name}] on a line of its own")
        tables[name] = _parse_table(name, table, kind)
    return Settings(**tables)


def load_settings(path: Path) -> Settings:
    """The settings in the file at `path`; the defaults where there is no file.

    Raises:
        InputError: the file cannot be read, is not TOML, or does not fit.
    """
    try:
        with path.open("rb") as file:
            data = file.read(CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from error
    if len(data) > CONFIG_BYTES_MAX:
        raise InputError(f"{path} is larger than {CONFIG_BYTES_MAX} bytes; make it shorter")
    try:
        return parse_settings(tomllib.loads(data.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is not TOML; see https://toml.io") from error


def _parse_table(name: str, table: Mapping[str, object], kind: type[T]) -> T:
    known = {each.name: each for each in fields(cast(Any, kind))}
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            raise InputError(f"config.toml: [{name}] has no {key}; {_known(known)}")
        values[key] = _parse_value(f"{name}.{key}", value, known[key])
    return kind(**values)


def _parse_value(key: str, value: object, about: Field[object]) -> object:
    meta = cast(About, about.metadata)
    if isinstance(about.default, bool):
        if not isinstance(value, bool):
            raise InputError(f"config.toml: {key} is true or false")
    elif isinstance(about.default, int):
        low, high = meta["minimum"], meta["maximum"]
        if type(value) is not int or not low <= value <= high:
            raise InputError(f"config.toml: {key} is a whole number from {low} to {high}")
    elif isinstance(about.default, tuple):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise InputError(f'config.toml: {key} is a list of texts, such as ["a", "b"]')
        return tuple(value)
    elif not isinstance(value, str) or value not in meta["choices"]:
        raise InputError(f"config.toml: {key} is one of {', '.join(meta['choices'])}")
    return value


def _known(names: Mapping[str, object]) -> str:
    return f"known are {', '.join(names)}"


def settings_table() -> str:
    """The table of docs/settings.md, in Markdown."""
    lines = [
        "| setting | default | unit | bounds | effect |",
        "|---|---|---|---|---|",
    ]
    for name, kind in _TABLES.items():
        for each in fields(cast(Any, kind)):
            meta = cast(About, each.metadata)
            bounds = ", ".join(meta.get("choices", ()))
            if "minimum" in meta:
                bounds = f"{meta['minimum']} to {meta['maximum']}"
            default = _toml(each.default)
            lines.append(
                f"| `{name}.{each.name}` | `{default}` | {meta['unit']} | {bounds} "
                f"| {meta['effect']} |"
            )
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    sys.stdout.write(settings_table())
