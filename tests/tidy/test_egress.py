"""Which modules can open a connection at all: those that docs/privacy.md names, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tidy import tree

PAGE: Final = tree.ROOT / "docs" / "privacy.md"
# Of these nothing but names and numbers is used; the rest of `urllib` and `http` opens connections.
_HARMLESS: Final = frozenset({"urllib.parse", "http", "http.cookies"})
_LIBRARIES: Final = frozenset({
    "aiohttp", "deltalake", "ftplib", "grpc", "h11", "h2", "http", "httpcore", "httpx", "imaplib",
    "obstore", "poplib", "psycopg", "ray", "requests", "smtplib", "socket", "socketserver",
    "ssl", "telnetlib", "urllib", "urllib3", "uvicorn", "websockets", "xmlrpc",
})  # fmt: skip
# asyncio's own, by the names under which its loop and its module have them.
_OPENS: Final = frozenset({
    "create_connection", "create_datagram_endpoint", "create_server", "create_unix_connection",
    "create_unix_server", "getaddrinfo", "open_connection", "open_unix_connection", "sock_connect",
    "start_server", "start_unix_server",
})  # fmt: skip
_PROGRAMS: Final = frozenset({"pip", "curl", "wget"})
# Of libraries that mostly do something else: what connects.
_PARTS: Final = frozenset({"sqlalchemy.create_engine", "tuf.ngclient"})


def reaches(source: str) -> Iterator[str]:
    """What a module could connect with: libraries, asyncio's functions, programs."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(module)):
                names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
            case ast.Attribute(attr=name) if name in _OPENS:
                yield f"asyncio's {name}"
                continue
            case ast.Constant(value=str(text)) if text in _PROGRAMS:
                yield f"the program {text}"
                continue
            case _:
                continue
        for name in names:
            top, *below = name.split(".")
            harmless = name in _HARMLESS or ".".join((top, *below[:-1])) in _HARMLESS
            if name in _PARTS or (top in _LIBRARIES and not harmless):
                yield name


def listed(text: str) -> set[str]:
    """The packages and modules of the table "What connects where"."""
    part = text.partition("## What connects where\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([\w.]+)` \|", part, re.MULTILINE))


def unlisted(modules: dict[str, str], named: set[str]) -> Iterator[str]:
    """Modules that could connect and stand beneath no name of the table."""
    for module, source in sorted(modules.items()):
        above = module.split(".")
        if not named & {".".join(above[:end]) for end in range(1, len(above) + 1)}:
            yield from (f"{module} uses {what}" for what in sorted(set(reaches(source))))


def test_only_what_is_listed_can_open_a_connection() -> None:
    named = listed(PAGE.read_text(encoding="utf-8"))
    found = list(unlisted(tree.modules(), named))
    assert found == [], "say in docs/privacy.md what it connects to and why"


def test_what_is_listed_exists_and_connects() -> None:
    modules = tree.modules()
    for name in listed(PAGE.read_text(encoding="utf-8")):
        below = [one for one in modules if one == name or one.startswith(f"{name}.")]
        assert any(list(reaches(modules[one])) for one in below), f"{name} opens nothing"


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import asyncio\nasyncio.open_connection('h', 1)",
        "command = ['pip', 'download']",
        "def f():\n    from tuf.ngclient import Updater",
    ],
)
def test_a_way_out_is_seen(source: str) -> None:
    assert list(unlisted({"echo_core.text": source}, {"echo_core.gaps", "echo_core.tex"}))
    assert list(unlisted({"echo_core.text": source}, {"echo_core.text"})) == []


def test_addresses_alone_are_no_way_out() -> None:
    assert list(reaches("from urllib.parse import quote\nfrom tuf.api.metadata import Root")) == []
