"""Who caused an edit, where the client does not say. LSP never says.

The rule, in this order (its confusions are counted in docs/experience.md):

 1. the insertion is, or begins with two characters or more, what was proposed there: accepted;
 2. the text afterwards is what somebody else wrote to the file: external (a reload);
 3. it is, to the character, what it was some messages ago: undone (`echo_core.gaps.undo`);
 4. the whole of a document that was not empty is replaced: formatter where its words stay the
    same, else external;
 5. several places get the same: typed where it is a keystroke, a mark of a comment or a step of
    indentation (many cursors, a command on a block), else automatic (rename);
 6. several places change and their words stay the same, or words are rewrapped: formatter, save
    where lines are only joined, or a line is trimmed that Enter left: those are typed;
 7. edits of one notification lie far apart: automatic (an import that the editor adds);
 8. an insertion is long, or brings more than one line that is not blank: pasted;
 9. anything else: typed. Brackets and indentation that an editor adds to a keystroke arrive
    with it, and count as typed; so does a menu that puts a word in the place of itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from echo_core.gaps.undo import Undo
from echo_core.records.events import Origin
from echo_core.text.edits import Edit, apply

PASTE_CHARS = 24  # longer than nearly all words; completion menus insert one identifier
ONE_PLACE_CHARS = 256  # edits of one keystroke (newline, indentation, closer) lie this close
KEYSTROKE_CHARS = 2  # a bracket with its closer, a mark of a comment

# What formatters change beside space: quotes, trailing commas, brackets around what is wrapped.
_LOOSE: Final = str.maketrans("", "", " \t\r\n\f'\"`,;()")


class Origins:
    """The rule, with its memory of one document."""

    def __init__(self) -> None:
        self._undo = Undo()

    def take(
        self, text: str, edits: Sequence[Edit], *, accepted: bool = False, reloaded: bool = False
    ) -> Origin:
        """The origin of one change notification on `text`.

        `accepted`: one of the edits brought in what was proposed (`echo_core.completion.offers`).
        `reloaded`: the text afterwards is what somebody else wrote to the file.
        """
        undone = self._undo.take(text, edits)
        if accepted:
            return Origin.ACCEPTED
        if reloaded:
            return Origin.EXTERNAL
        return Origin.UNDONE if undone else infer_origin(text, edits)


def infer_origin(text: str, edits: Sequence[Edit]) -> Origin:
    """The origin as far as the edits alone tell: the rule from its fourth step on."""
    whole = next((edit for edit in edits if edit.start == 0 and edit.end == len(text) > 0), None)
    if whole is not None:
        same = words(text) == words(whole.inserted)
        return Origin.FORMATTER if same else Origin.EXTERNAL
    if edits and (command := _command(text, edits)) is not None:
        return command
    if _keeps_words(text, edits):
        return Origin.FORMATTER
    starts = [edit.start for edit in edits]
    if starts and max(starts) - min(starts) > ONE_PLACE_CHARS:
        return Origin.AUTOMATIC
    if any(_looks_pasted(edit.inserted) for edit in edits):
        return Origin.PASTED
    return Origin.TYPED


def _command(text: str, edits: Sequence[Edit]) -> Origin | None:
    """What it is when several places get the same, or lines are joined; None in other cases."""
    first = edits[0].inserted
    if len(edits) == 1:
        return Origin.TYPED if _joins(text[edits[0].start : edits[0].end], first) else None
    if all(edit.inserted == first for edit in edits):
        small = len(first) <= KEYSTROKE_CHARS or not any(map(str.isalnum, first))
        return Origin.TYPED if small else Origin.AUTOMATIC
    space = not any(edit.inserted.strip() for edit in edits)
    step = space and len({edit.growth for edit in edits}) == 1
    return Origin.TYPED if step else None


def words(text: str) -> str:
    """What of a text a formatter leaves alone."""
    return text.translate(_LOOSE)


def _keeps_words(text: str, edits: Sequence[Edit]) -> bool:
    """Whether the edits only lay out anew what stands there.

    A single edit must take words away and bring the same again: space alone is what Enter, Tab
    and Backspace change. Editors also join lines at a command, and trim the line that Enter left.
    """
    if len(edits) == 2 and sum(bool(edit.inserted) for edit in edits) < 2:
        return False
    rewrapped = False
    for number, edit in enumerate(edits):
        deleted = text[edit.start : edit.end]
        kept = words(edit.inserted)
        if kept != words(deleted):
            return False
        rewrapped = rewrapped or kept != ""
        if number + 1 < len(edits):
            text = apply(text, edit)
    spread = len(edits) > 1 and _lines_touched(edits, text) > 1
    return rewrapped or spread


def _joins(old: str, new: str) -> bool:
    """Whether only line breaks became space, or nothing changed."""
    return old.split() == new.split() and new.count("\n") <= old.count("\n")


def _lines_touched(edits: Sequence[Edit], text: str) -> int:
    """How many lines the edits begin on, about: those of the text before the last edit."""
    starts = sorted(edit.start for edit in edits)
    return 1 + text.count("\n", starts[0], starts[-1])


def _looks_pasted(inserted: str) -> bool:
    if len(inserted.strip()) >= PASTE_CHARS:
        return True
    lines = inserted.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sum(1 for line in lines if line.strip()) > 1
