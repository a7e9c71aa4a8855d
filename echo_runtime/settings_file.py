"""config.toml, or another such file, read as settings.

Left out: where the file lies (`profile`), what settings there are (`settings`).

Rules
 - A file that is not there is no error; one that cannot be read, or says something unknown, is one
   that names the remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from echo_core.errors import InputError
from echo_runtime.settings import CONFIG, TABLES, Settings, every_setting, parsed

CONFIG_BYTES_MAX: Final = 1 << 16  # a settings file of a person; a whole page is 4 KiB


def parse_settings(document: Mapping[str, object]) -> Settings:
    """`document`, a parsed config.toml, as settings.

    Raises:
        InputError: a table or a key is not known, or a value does not fit.
    """
    return Settings(**parse_tables(document, TABLES, CONFIG))


def load_settings(path: Path) -> Settings:
    """The settings in the file at `path`; the defaults where there is no file.

    Raises:
        InputError: the file cannot be read, is not TOML, or does not fit.
    """
    return parse_settings(read_document(path))


def parse_tables(
    document: Mapping[str, object], tables: Mapping[str, type], file: str
) -> dict[str, Any]:
    """The tables that `document`, a parsed `file`, holds; each is made by its type in `tables`.

    Raises:
        InputError: a table or a key is not known, or a value does not fit.
    """
    found: dict[str, Any] = {}
    for name, table in document.items():
        if name not in tables:
            raise InputError(f"{file}: there is no [{name}]; {_known(tables)}")
        if not isinstance(table, dict):
            raise InputError(f"{file}: {name} is a table; write [{name}] on a line of its own")
        known = {each.name: each for each in every_setting({name: tables[name]}, file)}
        values: dict[str, object] = {}
        for key, value in table.items():
            if key not in known:
                raise InputError(f"{file}: [{name}] has no {key}; {_known(known)}")
            values[key] = parsed(known[key], value)
        found[name] = tables[name](**values)
    return found


def read_document(path: Path) -> dict[str, Any]:
    """The TOML file at `path`; empty where there is no file.

    Raises:
        InputError: the file cannot be read, or is not TOML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from error
    if len(data) > CONFIG_BYTES_MAX:
        raise InputError(f"{path} is larger than {CONFIG_BYTES_MAX} bytes; make it shorter")
    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is not TOML; see https://toml.io") from error


def _known(names: Mapping[str, object]) -> str:
    return f"known are {', '.join(names)}"
