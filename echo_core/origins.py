"""Who caused an edit, where the client does not say. LSP never says.

The rule, in this order (docs/events.md; its confusions are counted in docs/experience.md):

 1. the insertion is, or begins with two characters or more, what was proposed there: accepted;
 2. one edit replaces the whole of a document that was not empty: external (reload, formatter
    that rewrites everything, branch switch);
 3. edits of one notification lie far apart: automatic (rename, multi-cursor, formatter);
 4. an insertion is long, or brings more than one line that is not blank: pasted;
 5. anything else: typed. Brackets and indentation that an editor adds to a keystroke arrive
    with it, and count as typed.
"""

from __future__ import annotations

from collections.abc import Sequence

from echo_core.edits import Edit
from echo_core.events import Origin

PASTE_CHARS = 24  # longer than nearly all words; completion menus insert one identifier
ONE_PLACE_CHARS = 256  # edits of one keystroke (newline, indentation, closer) lie this close


def infer_origin(
    edits: Sequence[Edit], length: int, accepted: bool, *, reloaded: bool = False
) -> Origin:
    """The origin of one change notification on a text of `length` characters.

    `accepted`: one of the edits brought in what was proposed (`echo_core.offers`). `reloaded`: the
    text afterwards is what somebody else wrote to the file.
    """
    if reloaded:
        return Origin.EXTERNAL
    if accepted:
        return Origin.ACCEPTED
    if any(edit.start == 0 and edit.end == length > 0 for edit in edits):
        return Origin.EXTERNAL
    starts = [edit.start for edit in edits]
    if starts and max(starts) - min(starts) > ONE_PLACE_CHARS:
        return Origin.AUTOMATIC
    if any(_looks_pasted(edit.inserted) for edit in edits):
        return Origin.PASTED
    return Origin.TYPED


def _looks_pasted(inserted: str) -> bool:
    if len(inserted.strip()) >= PASTE_CHARS:
        return True
    lines = inserted.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sum(1 for line in lines if line.strip()) > 1
