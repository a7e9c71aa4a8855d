"""config.toml, read as settings.

Left out: where the file lies (`profile`), what settings there are (`settings`).

Rules
 - A file that is not there is no error; one that cannot be read, or says something unknown, is one
   that names the remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from echo_core.errors import InputError
from echo_runtime.settings import TABLES, Settings, every_setting, parsed

CONFIG_BYTES_MAX: Final = 1 << 16  # a settings file of a person; a whole page is 4 KiB
T = TypeVar("T")


def parse_settings(document: Mapping[str, object]) -> Settings:
    """`document`, a parsed config.toml, as settings.

    Raises:
        InputError: a table or a key is not known, or a value does not fit.
    """
    tables: dict[str, Any] = {}
    for name, table in document.items():
        kind = TABLES.get(name)
        if kind is None:
            raise InputError(f"config.toml: there is no [{name}]; {_known(TABLES)}")
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
    known = {each.name: each for each in every_setting() if each.table == name}
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            raise InputError(f"config.toml: [{name}] has no {key}; {_known(known)}")
        values[key] = parsed(known[key], value)
    return kind(**values)


def _known(names: Mapping[str, object]) -> str:
    return f"known are {', '.join(names)}"
