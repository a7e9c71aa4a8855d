"""What leads from one text to another that nobody saw being made of it.

Left out: who needs it (`echo_daemon.mining.miner`).

Rules
 - The same texts give the same edits; applied one after the other they make the new text.
 - Small differences are told character by character, so that a gap beside one is not swallowed;
   large ones line by line, and huge ones are one edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from rapidfuzz.distance import Levenshtein

from echo_core.text.edits import Edit, diff_edit

# Characters of one text times those of the other: 64 are compared at once, so 1 ms; the memory
# is an eighth of this in bytes, twice.
CELLS_MAX: Final = 1 << 24
LINES_MAX: Final = 1 << 13  # a side; a thing of more lines was generated, or is another thing
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def difference(old: str, new: str) -> tuple[Edit, ...]:
    """Edits that make `new` of `old`; none where they are equal.

    The last place comes first: so each edit's offsets are those of `old`.
    """
    hull = diff_edit(old, new)
    if hull is None:
        return ()
    found = list(_within(hull.start, old[hull.start : hull.end], hull.inserted))
    return tuple(reversed(found))


def _within(at: int, old: str, new: str) -> Iterator[Edit]:
    """Edits that make `new` of `old`, which stands at `at`; the first place first."""
    if not old or not new:
        yield Edit(at, at + len(old), new)
    elif len(old) * len(new) <= CELLS_MAX:
        yield from _by_characters(at, old, new)
    else:
        yield from _by_lines(at, old, new)


def _by_characters(at: int, old: str, new: str) -> Iterator[Edit]:
    for step in Levenshtein.opcodes(old, new):
        if step.tag != "equal":
            inserted = new[step.dest_start : step.dest_end]
            yield Edit(at + step.src_start, at + step.src_end, inserted)


def _by_lines(at: int, old: str, new: str) -> Iterator[Edit]:
    old_lines, new_lines = _LINE.findall(old), _LINE.findall(new)
    if max(len(old_lines), len(new_lines)) > LINES_MAX:
        yield Edit(at, at + len(old), new)
        return
    offsets = list(accumulate(map(len, old_lines), initial=at))
    for step in Levenshtein.opcodes(old_lines, new_lines):
        if step.tag == "equal":
            continue
        start, end = offsets[step.src_start], offsets[step.src_end]
        before = "".join(old_lines[step.src_start : step.src_end])
        after = "".join(new_lines[step.dest_start : step.dest_end])
        if len(before) * len(after) <= CELLS_MAX:
            yield from _by_characters(start, before, after)
        else:
            yield Edit(start, end, after)
