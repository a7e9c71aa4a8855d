"""A front's message about a change, as edits that fit the mirror.

Left out: what an edit means (`echo_daemon.front`).
"""

from __future__ import annotations

from echo_core.errors import EditError
from echo_core.records.wire import DocumentEdit
from echo_core.text.edits import Edit


def fitting(message: DocumentEdit, length: int) -> list[Edit]:
    """The message's edits, if they fit a text of `length` and end in the length that it names.

    Raises:
        EditError: they do not; the mirrors differ.
    """
    edits = []
    for start, deleted, inserted in message.edits:
        edit = Edit(start, start + deleted, inserted)
        if edit.end > length:
            raise EditError("an edit reaches beyond its document")
        length += edit.growth
        edits.append(edit)
    if length != message.length:
        raise EditError("the mirrors of a document differ in length")
    return edits
