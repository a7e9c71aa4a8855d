"""Pages from templates, and answers around them.

Rules
 - What a template is given is escaped; only plots are markup, of our own making.
 - Templates and files are read from the packages once, by fixed names: no path of a request
   reaches a disk.
 - Rendering happens in threads: nobody waits for a page who did not ask for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import Response

from echo_core.showing.plots.style import STYLE
from echo_pages import words

_OURS: Final = resources.files("echo_pages")
_TYPES: Final = {".css": "text/css", ".svg": "image/svg+xml"}
STATIC: Final[Mapping[str, tuple[bytes, str]]] = {
    "/plots.css": (STYLE.encode(), "text/css"),
    **{
        f"/{file.name}": (file.read_bytes(), _TYPES[file.name[-4:]])
        for file in _OURS.joinpath("static").iterdir()
    },
}


class Templates:
    """The templates of a program, over those that all share."""

    def __init__(self, package: str, filters: Mapping[str, Callable[..., object]]) -> None:
        """`package` has a folder `templates`; `filters` come besides `words.FILTERS`."""
        folders = [resources.files(each).joinpath("templates") for each in (package, "echo_pages")]

        def source(name: str) -> str | None:
            found = (folder.joinpath(name) for folder in folders)
            return next((one.read_text(encoding="utf-8") for one in found if one.is_file()), None)

        self._environment = Environment(
            loader=FunctionLoader(source),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update({**words.FILTERS, **filters})

    async def page(self, name: str, status: int = 200, **values: object) -> Response:
        """A template as an answer."""
        text = await asyncio.to_thread(self._render, name, values)
        return Response(text, status, media_type="text/html")

    def _render(self, name: str, values: Mapping[str, object]) -> str:
        return self._environment.get_template(name).render(values)


def static(path: str) -> Response | None:
    """A file that is the same for everybody, or None."""
    found = STATIC.get(path)
    return None if found is None else Response(found[0], media_type=found[1])
