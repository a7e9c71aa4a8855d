"""The window around a cursor: which text before and after it a model is shown, cut in three.

`head + tail` is the text before the cursor, `suffix` what follows it. Head and suffix are the
gap's static anchors: they stay exactly the same while the user types, so that the engine's KV
cache stays valid up to the last token (docs/adr/0005).

Left out: how the three are laid out for a model (`echo_core.fim`), tokens, the cache itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """What a model is shown: `head`, then `tail`, then the cursor, then `suffix`."""

    head: str
    tail: str
    suffix: str
