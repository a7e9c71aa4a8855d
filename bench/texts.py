"""The files that are typed in: Echo's own Python, and TypeScript and Rust written for this.

Left out: what is typed (`bench.typing`).

Rules
 - Long files are made, not kept: Python by putting Echo's modules one after the other, the others
   by repeating a short file's declarations under other names, chosen by the seed.
 - Nothing is read from anybody's other folders.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import echo_core

LONG_LINES: Final = 2000
DATA: Final = Path(__file__).parent / "data"
_DECLARED = re.compile(
    r"^(?:export |pub )*(?:async )?(?:function|interface|class|type|const|fn|struct|enum|trait) "
    r"(\w+)",
    re.MULTILINE,
)
_WORDS: Final = (
    "Order Invoice Ticket Parcel Sensor Route Ledger Player Recipe Archive Branch Cursor Device "
    "Engine Folder Garden Harbor Island Journal Kernel Lesson Market Needle Office Pocket Quarry "
    "Region Signal Tunnel Update Vendor Window"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is edited."""

    name: str
    language: str  # as LSP calls it
    text: str


def sources(seed: int) -> list[Source]:
    """Six files: three languages, each short and of about 2,000 lines."""
    python = Path(echo_core.__file__).parent
    modules = sorted(python.rglob("*.py"))
    orders = (DATA / "orders.ts").read_text(encoding="utf-8")
    cache = (DATA / "cache.rs").read_text(encoding="utf-8")
    chance = random.Random(seed)
    return [
        Source("edits.py", "python", (python / "text" / "edits.py").read_text(encoding="utf-8")),
        Source("orders.ts", "typescript", orders),
        Source("cache.rs", "rust", cache),
        Source("long.py", "python", joined(modules)),
        Source("long.ts", "typescript", repeated(orders, chance)),
        Source("long.rs", "rust", repeated(cache, chance)),
    ]


def joined(modules: list[Path]) -> str:
    """Modules one after the other, until there are enough lines."""
    text = ""
    for module in modules:
        text += module.read_text(encoding="utf-8") + "\n\n"
        if text.count("\n") >= LONG_LINES:
            break
    return text


def repeated(text: str, chance: random.Random) -> str:
    """`text` again and again, each time with other names for what it declares."""
    names = sorted(set(_DECLARED.findall(text)), key=len, reverse=True)
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")
    whole = ""
    round_number = 0
    while whole.count("\n") < LONG_LINES:
        word = f"{chance.choice(_WORDS.split())}{round_number or ''}"
        whole += pattern.sub(lambda found, word=word: _varied(found.group(), word), text) + "\n"  # type: ignore[misc] # the default holds this round's word
        round_number += 1
    return whole


def _varied(name: str, word: str) -> str:
    """`name` with `word` in it, in the name's own spelling."""
    if "_" in name or name.islower():
        return f"{name}_{word.lower()}" if not name.isupper() else f"{name}_{word.upper()}"
    return f"{name}{word}"
