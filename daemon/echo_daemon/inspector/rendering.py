"""Pages from templates, and answers around them.

Rules
 - What a template is given is escaped; only `echo_daemon.inspecting` makes markup, of its own.
 - Templates and files are read from the package once, by fixed names: no path of a request
   reaches a disk.
 - Rendering happens in threads: a keystroke does not wait for a page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import resources
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import Response

from echo_core.showing.plots.style import STYLE
from echo_daemon.inspector import words

_PACKAGE: Final = resources.files("echo_daemon.inspector")
_TYPES: Final = {".css": "text/css", ".svg": "image/svg+xml"}
STATIC: Final[Mapping[str, tuple[bytes, str]]] = {
    "/plots.css": (STYLE.encode(), "text/css"),
    **{
        f"/{file.name}": (file.read_bytes(), _TYPES[file.name[-4:]])
        for file in _PACKAGE.joinpath("static").iterdir()
    },
}


def _source(name: str) -> str:
    return _PACKAGE.joinpath("templates", name).read_text(encoding="utf-8")


_ENVIRONMENT: Final = Environment(
    loader=FunctionLoader(_source),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters.update(words.FILTERS)


async def page(name: str, status: int = 200, **values: object) -> Response:
    """A template as an answer."""
    text = await asyncio.to_thread(_ENVIRONMENT.get_template(name).render, values)
    return Response(text, status, media_type="text/html")


def static(path: str) -> Response | None:
    """A file that is the same for everybody, or None."""
    found = STATIC.get(path)
    return None if found is None else Response(found[0], media_type=found[1])
