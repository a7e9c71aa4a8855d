"""How a text must not begin, token by token: what makes a further candidate another one.

Left out: which openings those are and what else makes candidates distinct
(`echo_core.completion.candidates`), logits (`session`).

Rules
 - Bytes, as in `heal`; white space before the first word is no part of an opening.
 - A token is refused when it spells a beginning of an opening, or all of it and then something
   that ends the word. So the first token that is not blank decides: after it the first word is
   none of the openings, and no text begins with an opening of signs.
 - What has no bytes (the end of the text among them) is refused too: it would be no candidate.
"""

from __future__ import annotations

from collections.abc import Sequence

from echo_core.completion.candidates import LINE_END, opening


class Openings:
    """The state of beginning: whether the first word is still to come."""

    def __init__(self, avoid: Sequence[str]) -> None:
        self._avoid = [one for one in avoid if one != LINE_END]
        self._same_line = LINE_END in avoid
        self.pending = bool(avoid)  # any text is free as soon as it is not

    def refuse(self, written: bytes) -> bool:
        """Whether a token that writes this beyond the cursor must not come next."""
        start = written.lstrip()
        blank = written[: len(written) - len(start)]
        if self._same_line and (b"\n" in blank or b"\r" in blank):
            return True
        return bool(start) and any(_begins_as(start, one) for one in self._avoid)

    def take(self, written: bytes) -> None:
        """This was written."""
        if written.strip():
            self.pending = False


def _begins_as(start: bytes, avoided: str) -> bool:
    if avoided.encode("utf-8", "replace").startswith(start):
        return True
    text = start.decode("utf-8", "replace")  # a part of a character at the end is no letter
    signs = not (avoided[0].isalnum() or avoided[0] == "_")
    return opening(text) == avoided or (signs and text.startswith(avoided))
