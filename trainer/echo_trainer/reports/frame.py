"""What all pages of reports look like: a head, a style, tables. No script, nothing from elsewhere.

Left out: what stands on a page (`page`, `echo_trainer.experiments.page`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from echo_core.showing.plots.style import STYLE

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
svg text { fill: CanvasText; font: 13px system-ui, sans-serif; } .plot .count { font-size: 10px; }
code { font-size: 90%; } h2 { margin-top: 2rem; }
"""


def whole(title: str, body: str) -> bytes:
    """A page, in UTF-8; `body` is HTML."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}{_STYLE}</style>'
    return f'<!doctype html><html lang="en">{head}<body>{body}</body></html>\n'.encode()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows, the first column in words and the others as values."""
    lines = ""
    for first, *others in rows:
        cells = "".join(f'<td class="n">{_said(value)}</td>' for value in others)
        lines += f"<tr><td>{escape(str(first))}</td>{cells}</tr>"
    titles = "".join(f"<th>{escape(each)}</th>" for each in head)
    return f"<table><tr>{titles}</tr>{lines}</table>"


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
