"""Which licences the metadata of a package says: pyproject.toml, setup.cfg, package.json,
Cargo.toml, pom.xml.

Left out: what an entry means (`echo_core.sharing.licence_terms`), which folders count (`licence`).
Of other package managers' files nothing is read: they name a licence file, or are programs.

Rules
 - A file without an entry says nothing; one that cannot be read says UNKNOWN.
 - An entry that names a licence file says nothing if that is read anyway, and else UNKNOWN.
 - A value is looked at only where its type is the one expected; another type is UNKNOWN.
"""

from __future__ import annotations

import configparser
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from echo_core.sharing.licence_terms import licences_classified, licences_said
from echo_core.sharing.licences import UNKNOWN

BYTES_MAX: Final = 1 << 20  # of one file; generated ones are larger, and nobody's own
_UNKNOWN: Final = frozenset({UNKNOWN})
_SEE: Final = "SEE LICENSE IN "

IsRead = Callable[[str], bool]  # whether a licence file of that name is read anyway


def licences_told(folder: Path, is_read: IsRead) -> frozenset[str]:
    """What the metadata in `folder` says, all together.

    Raises:
        OSError: a file cannot be read.
    """
    found: set[str] = set()
    for name, reader in _READERS.items():
        file = folder / name
        if not file.is_file():
            continue
        with file.open("rb") as opened:
            data = opened.read(BYTES_MAX + 1)
        try:
            text = data.decode("utf-8-sig") if len(data) <= BYTES_MAX else None
            told = [UNKNOWN] if text is None else reader(text, is_read)
            found.update(told)
        except (ValueError, RecursionError, configparser.Error, ElementTree.ParseError):
            found.add(UNKNOWN)  # a UnicodeError and errors of TOML and JSON are ValueErrors
    return frozenset(found)


def _pyproject(text: str, is_read: IsRead) -> Iterator[str]:
    whole = tomllib.loads(text)
    for table in (_table(whole, "project"), _table(_table(whole, "tool"), "poetry")):
        yield from _entry(table.get("license"), is_read)
        classifiers = table.get("classifiers", [])
        if isinstance(classifiers, list):
            yield from licences_classified(map(str, classifiers))


def _cargo(text: str, is_read: IsRead) -> Iterator[str]:
    whole = tomllib.loads(text)
    for table in (_table(whole, "package"), _table(_table(whole, "workspace"), "package")):
        said, file = table.get("license"), table.get("license-file")
        if not (isinstance(said, dict) and said.get("workspace") is True):  # said further up
            yield from _entry(said, is_read)
        if isinstance(file, str) and not is_read(Path(file).name):
            yield UNKNOWN


def _setup_cfg(text: str, is_read: IsRead) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    if parser.has_section("metadata"):
        table = parser["metadata"]
        said = table.get("license") or table.get("licence")
        if said and not said.startswith("file:"):
            yield from _entry(said, is_read)
        yield from licences_classified(map(str.strip, table.get("classifiers", "").split("\n")))


def _package_json(text: str, is_read: IsRead) -> Iterator[str]:
    whole = json.loads(text)
    if not isinstance(whole, dict):
        yield UNKNOWN
        return
    said, several = whole.get("license"), whole.get("licenses", [])
    if isinstance(said, str) and said.startswith(_SEE):
        if not is_read(Path(said[len(_SEE) :].strip()).name):
            yield UNKNOWN
        said = None
    for one in [said, *several] if isinstance(several, list) else [said, several]:
        yield from _entry(one.get("type", "") if isinstance(one, dict) else one, is_read)


def _pom(text: str, is_read: IsRead) -> Iterator[str]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        yield UNKNOWN  # what entities make of it is not looked at
        return
    root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities
    space = root.tag.partition("project")[0]
    for name in root.iterfind(f"{space}licenses/{space}license/{space}name"):
        yield from _entry(name.text or "", is_read)


_READERS: Final[Mapping[str, Callable[[str, IsRead], Iterator[str]]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "package.json": _package_json,
    "Cargo.toml": _cargo,
    "pom.xml": _pom,
}


def _entry(said: object, is_read: IsRead) -> frozenset[str]:
    """What an entry says: none, a text, or Python's older table of a text or a file."""
    match said:
        case None:
            return frozenset()
        case str():
            return licences_said(said)
        case {"text": str(text)}:
            return licences_said(text)
        case {"file": str(file)} if is_read(Path(file).name):
            return frozenset()
    return _UNKNOWN


def _table(whole: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = whole.get(name)
    return found if isinstance(found, dict) else {}
