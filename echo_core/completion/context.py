"""What a model is shown besides the window: pieces of other places, and an outline of the file.

People write in several places at once: a function here, its call there, its test. A chunk is some
whole lines around a place that was just edited or visited; the ring keeps the last few of them. The
outline is what stands above the window in the same file: imports and signatures.

All of it stands in front of the window in a prompt, so that a change of it costs reading everything
anew. Hence the order, from what changes seldom to what changes often, and the rules.

Left out: who fills a ring (`echo_daemon.completion.surroundings`), who reads syntax
(`echo_daemon.structure`), how it is laid out for a model (`echo_core.completion.fim`).

Rules
 - A ring grows at its end and is never sorted. What is nearly there already is refused; a newer
   state of the last chunk takes its place, before which nothing moves.
 - Where there is no more room, the older half leaves at once (a turnover), so that the beginning
   of the prompts stays as it is most of the time.
 - A context is frozen into a window when its anchors are set, and stays as long as they do.
 - Labels are relative paths or names, never a path of the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from echo_core import limits
from echo_core.text.document import split_lines

SAME: Final = 0.9  # of two chunks' words in common: one tells nothing that the other does not
NEWER: Final = 0.5  # of the same file: the same place in another state
_SHOWN: Final = 0.5  # of a chunk's lines stand in the window: it is another view of the same place
_BEFORE: Final = 0.6  # of a chunk's room is for what stands before the place
_LINES_MIN: Final = 3  # fewer lines that are not blank say nothing
_WORDS = re.compile(r"\w+")

_COMMENTS: Final = {
    "#": (
        *("python", "ruby", "shellscript", "yaml", "toml", "makefile", "dockerfile", "perl", "r"),
        *("elixir", "julia", "powershell", "coffeescript", "graphql", "terraform", "nix", "cmake"),
    ),
    "--": ("lua", "sql", "haskell", "elm", "ada", "vhdl"),
    "%": ("latex", "tex", "erlang", "matlab", "prolog"),
    ";": ("clojure", "lisp", "scheme", "racket", "ini", "asm"),
    "<!--": ("html", "xml", "markdown", "vue", "svelte", "vue-html"),
    "/*": ("css",),
}
_OPENERS: Final = {name: mark for mark, names in _COMMENTS.items() for name in names}
_CLOSERS: Final = {"<!--": " -->", "/*": " */"}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a document, without a line end behind the last; `label` says which."""

    label: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """What is shown besides a window of the document `label`."""

    workspace: str = ""  # its name
    label: str = ""
    language: str = ""
    chunks: tuple[Chunk, ...] = ()
    outline: str = ""  # lines, without a line end behind the last
    tokens_max: int = limits.CONTEXT_TOKENS_MAX

    def shorter(self) -> Context:
        """Without the older half of the chunks; without any, nothing at all."""
        if not self.chunks:
            return NO_CONTEXT
        return replace(self, chunks=self.chunks[(len(self.chunks) + 1) // 2 :])


NO_CONTEXT: Final = Context()


@dataclass(frozen=True, slots=True)
class Ring:
    """The last chunks, the newest last, at most `chars_max` characters of them."""

    chars_max: int
    chunks: tuple[Chunk, ...] = ()

    def added(self, chunk: Chunk) -> Ring:
        """This ring with `chunk`, or as it is where it would tell nothing new."""
        if not self.chars_max >= len(chunk.text) > 0:
            return self
        alike = [likeness(chunk, kept) for kept in self.chunks]
        if any(share >= SAME for share in alike):
            return self
        if alike and self.chunks[-1].label == chunk.label and alike[-1] >= NEWER:
            return self._turned_over((*self.chunks[:-1], chunk))
        return self._turned_over((*self.chunks, chunk))

    def _turned_over(self, chunks: tuple[Chunk, ...]) -> Ring:
        if _chars(chunks) <= self.chars_max:
            return replace(self, chunks=chunks)
        kept = [chunks[-1]]
        for chunk in reversed(chunks[:-1]):
            if any(new.label == chunk.label and likeness(new, chunk) >= NEWER for new in kept):
                continue  # an earlier state of a place
            if _chars((*kept, chunk)) > self.chars_max // 2:
                break
            kept.append(chunk)
        return replace(self, chunks=tuple(reversed(kept)))


def _chars(chunks: tuple[Chunk, ...] | list[Chunk]) -> int:
    return sum(len(chunk.text) for chunk in chunks)


def likeness(one: Chunk, other: Chunk) -> float:
    """How many of the words of two chunks are words of both, as a share (Jaccard)."""
    words, others = set(_WORDS.findall(one.text)), set(_WORDS.findall(other.text))
    either = len(words | others)
    return len(words & others) / either if either else float(one.text == other.text)


def chunk_at(text: str, offset: int, chars_max: int = limits.CHUNK_CHARS_MAX) -> str:
    """The whole lines around `offset` of `text`, or "" where they are no code to speak of."""
    end = min(len(text), max(0, offset - int(chars_max * _BEFORE)) + chars_max)
    start = max(0, end - chars_max)
    if start:
        start = _after_line_end(text, start, offset)
    if end < len(text):
        end = max(text.rfind("\n", offset, end), offset)
    lines = [line.rstrip() for line in split_lines(text[start:end])]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return "\n".join(lines) if sum(map(bool, lines)) >= _LINES_MIN else ""


def _after_line_end(text: str, start: int, offset: int) -> int:
    end = text.find("\n", start - 1, offset)
    return offset if end < 0 else end + 1


def context_at(ring: Ring, here: Context, outline: str, shown: str) -> Context:
    """What a window with the text `shown` in the document of `here` gets from `ring`.

    Nothing of a chunk that is another view of what the window shows itself; and where there is
    nothing to tell, no context, so that the prompt is the plain one.
    """
    lines = _telling(shown)
    chunks = tuple(
        chunk for chunk in ring.chunks if chunk.label != here.label or not _stands(chunk, lines)
    )
    if not chunks and not outline:
        return NO_CONTEXT
    return replace(here, chunks=chunks, outline=outline)


def _telling(text: str) -> set[str]:
    return {line.strip() for line in split_lines(text)} - {""}


def _stands(chunk: Chunk, lines: set[str]) -> bool:
    own = _telling(chunk.text)
    return len(own & lines) >= _SHOWN * len(own)


def comment(language: str, words: str) -> str:
    """`words` as a line comment of `language`."""
    opener = _OPENERS.get(language, "//")
    return f"{opener} {words}{_CLOSERS.get(opener, '')}"
