"""A document's text while somebody edits it: an edit costs what stands near it.

`str` is immutable, so every key copies the whole text. Up to 128 kB that is 5 microseconds; above,
where the C library maps fresh pages for each copy, 140 for 200,000 ASCII characters and 110 for
100,000 others: ten times all else that a key costs here. A `Mirror` keeps the text in three pieces
and copies the middle one alone, which lies around the last edit; an edit elsewhere cuts anew.

Left out: versions and languages (`echo_core.experience.mining`), lines and columns of a client
(`echo_core.text.document`).

Rules
 - Offsets are code points. Lines end at `\\n`, `\\r\\n` and `\\r`; between the two characters of a
   `\\r\\n` is an empty line.
 - The whole text is put together when somebody asks for it, once until the next edit.
"""

from __future__ import annotations

from echo_core.errors import EditError
from echo_core.text.edits import Edit

NEAR_CHARS = 1024  # on each side of an edit, when the text is cut anew
NEAR_CHARS_MAX = 4 * NEAR_CHARS  # a longer middle is cut again; copying one takes a microsecond


class Mirror:
    """One document's text, edited in place."""

    __slots__ = ("_after", "_before", "_near", "_near_end", "_near_start", "_whole", "length")
    _near: str

    def __init__(self, text: str) -> None:
        self.length = len(text)
        self._whole: str | None = text
        self._cut(text, 0, 0)

    @property
    def text(self) -> str:
        """The whole text."""
        if self._whole is None:
            self._whole = "".join((self._before, self._near, self._after))
        return self._whole

    def edit(self, edit: Edit) -> None:
        """Do `edit`.

        Raises:
            EditError: it reaches beyond the text, which stays as it was.
        """
        if edit.end > self.length:
            raise EditError(f"an edit ends at {edit.end} in a text of {self.length} characters")
        if edit.start < self._near_start or edit.end > self._near_end:
            self._cut(self.text, edit.start, edit.end)
        start, end = edit.start - self._near_start, edit.end - self._near_start
        near = self._near
        self._near = near = "".join((near[:start], edit.inserted, near[end:]))
        self._whole = None
        growth = edit.growth
        self.length += growth
        self._near_end += growth
        if len(near) > NEAR_CHARS_MAX:
            self._cut(self.text, edit.end_after, edit.end_after)

    def cut(self, start: int, end: int) -> str:
        """The text in `[start, end)`."""
        if self._whole is not None:
            return self._whole[start:end]
        low, high = self._near_start, self._near_end
        if low <= start and end <= high:
            return self._near[start - low : end - low]
        return "".join(
            (
                self._before[start:end],
                self._near[max(0, start - low) : max(0, end - low)],
                self._after[max(0, start - high) : max(0, end - high)],
            )
        )

    def line(self, offset: int) -> tuple[int, int]:
        """Where the line of `offset` starts, and where it ends before its terminator."""
        offset = min(offset, self.length)
        low, high = self._near_start, self._near_end
        if not low <= offset <= high:
            self._cut(self.text, offset, offset)
            low, high = self._near_start, self._near_end
        at = offset - low
        start = low + _after_last_end(self._near, at)
        if start == low:
            start = _after_last_end(self._before, low)
        end = low + _first_end(self._near, at)
        if end == high:
            end += _first_end(self._after, 0)
        return start, end

    def _cut(self, text: str, start: int, end: int) -> None:
        self._near_start = max(0, start - NEAR_CHARS)
        self._near_end = min(len(text), end + NEAR_CHARS)
        self._before = text[: self._near_start]
        self._near = text[self._near_start : self._near_end]
        self._after = text[self._near_end :]


def _after_last_end(text: str, at: int) -> int:
    """Where the line starts that `at` is on, as far as `text[:at]` shows; 0 where it does not."""
    newline = text.rfind("\n", 0, at)
    return max(newline, text.rfind("\r", newline + 1, at)) + 1


def _first_end(text: str, at: int) -> int:
    """Where the first line end from `at` on is; the text's length where there is none."""
    newline = text.find("\n", at)
    if newline < 0:
        newline = len(text)
    carriage = text.find("\r", at, newline)
    return newline if carriage < 0 else carriage
