"""Which grammar reads which LSP language id, made ready when a document first asks for it.

Left out: documents, trees, what a node means.

Rules
 - A grammar is a wheel on this machine (docs/dependencies.md). Nothing is ever downloaded.
 - A grammar that the parser refuses is one that is not there; it is not tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_css
import tree_sitter_go
import tree_sitter_html
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_rust
import tree_sitter_typescript
from tree_sitter import Language

# In `.ts` files `<T>x` is a cast and in `.tsx` an element, which is why there are two of them.
SOURCES: Final[dict[str, Callable[[], object]]] = {
    "c": tree_sitter_c.language,
    "cpp": tree_sitter_cpp.language,
    "css": tree_sitter_css.language,
    "go": tree_sitter_go.language,
    "html": tree_sitter_html.language,
    "java": tree_sitter_java.language,
    "javascript": tree_sitter_javascript.language,
    "javascriptreact": tree_sitter_javascript.language,
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
    "typescript": tree_sitter_typescript.language_typescript,
    "typescriptreact": tree_sitter_typescript.language_tsx,
}


class Grammars:
    """The grammars that were asked for so far."""

    def __init__(self) -> None:
        self._ready: dict[str, Language | None] = {}

    def get(self, language: str) -> Language | None:
        """The grammar of a language id; None where there is none."""
        if language not in SOURCES:
            return None
        if language not in self._ready:
            self._ready[language] = _made(SOURCES[language])
        return self._ready[language]


def _made(source: Callable[[], object]) -> Language | None:
    try:
        return Language(source())
    except ValueError:
        return None  # made for a parser that is newer or older than ours
