"""From a commit to candidate samples: a hunk is a gap, the parent's text stands around it.

A cold start before anything was recorded: what a person once wrote between two versions of a file
is what belonged there. Nobody was offered anything, so such a sample has no proposal, and it is
marked by how its gap ended: `imported`.

Left out: reading history (`echo_daemon.past`), how two texts are compared line by line.

Rules
 - What is taken in is one event for each file of a commit; its samples are derived from it, so a
   rebuild makes the same.
 - Each edit stands alone against the parent's text: the other hunks of the commit are not there.
 - What teaches nothing is left out and counted under a `Refusal`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from echo_core import limits
from echo_core.experience import foreign
from echo_core.experience.mining import Mined
from echo_core.experience.sample import Sample
from echo_core.gaps.life import Break
from echo_core.gaps.origins import words
from echo_core.records.events import Imported
from echo_core.text.edits import Edit

HUNK_CHARS_MAX: Final = 4096  # four times what is ever proposed at once; larger is moved or made
HUNKS_MAX: Final = 32  # of one file in one commit; more are a rename or a formatter
LINE_CHARS_MAX: Final = 1000  # nobody writes longer ones

# Blocks that differ, as half-open ranges of lines: old start, old end, new start, new end.
Block: TypeAlias = "tuple[int, int, int, int]"
Differ: TypeAlias = Callable[[Sequence[str], Sequence[str]], list[Block]]


class Refusal(StrEnum):
    """Why a file or a hunk of history becomes no sample."""

    NOT_CODE = "not_code"
    BINARY = "binary"
    HUGE = "huge"
    GENERATED = "generated"
    EXCLUDED = "excluded"
    NEW_FILE = "new_file"
    KNOWN = "known"
    BULK = "bulk"
    DELETION = "deletion"
    LAYOUT = "layout"
    LONG_HUNK = "long_hunk"

    @property
    def sentence(self) -> str:
        """For a person."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Refusal, str]] = {
    Refusal.NOT_CODE: "files of no language that is completed",
    Refusal.BINARY: "files that are not UTF-8 text",
    Refusal.HUGE: "files that are too large",
    Refusal.GENERATED: "files that were generated, or are somebody else's",
    Refusal.EXCLUDED: "files that are kept out of the record",
    Refusal.NEW_FILE: "files that were new, with nothing around what was written",
    Refusal.KNOWN: "files of commits that were imported before",
    Refusal.BULK: "files or commits that changed in too many places at once",
    Refusal.DELETION: "hunks that only delete",
    Refusal.LAYOUT: "hunks that change only space, quotes and the like",
    Refusal.LONG_HUNK: "hunks that are too long",
}

LANGUAGES: Final[dict[str, str]] = {
    ".bash": "shellscript", ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".cs": "csharp",
    ".css": "css", ".cxx": "cpp", ".dart": "dart", ".ex": "elixir", ".exs": "elixir",
    ".go": "go", ".h": "c", ".hh": "cpp", ".hpp": "cpp", ".hs": "haskell", ".html": "html",
    ".java": "java", ".jl": "julia", ".js": "javascript", ".jsx": "javascriptreact",
    ".kt": "kotlin", ".lua": "lua", ".m": "objective-c", ".mjs": "javascript", ".ml": "ocaml",
    ".php": "php", ".pl": "perl", ".py": "python", ".pyi": "python", ".r": "r", ".rb": "ruby",
    ".rs": "rust", ".scala": "scala", ".scss": "scss", ".sh": "shellscript", ".sql": "sql",
    ".svelte": "svelte", ".swift": "swift", ".ts": "typescript", ".tsx": "typescriptreact",
    ".vue": "vue", ".zig": "zig",
}  # fmt: skip

_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def refused_name(path: str) -> Refusal | None:
    """Whether a file's name alone says that nothing is to be learned; `path` has slashes."""
    if not language_of(path):
        return Refusal.NOT_CODE
    not_theirs = foreign.is_vendored(path) or foreign.is_made(path) or foreign.is_minified(path)
    return Refusal.GENERATED if not_theirs else None


def language_of(path: str) -> str:
    """LSP's identifier of a file's language; empty where it has none."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return LANGUAGES.get(f"{dot}{suffix}".lower(), "") if stem else ""


def refused_text(text: str) -> Refusal | None:
    """Whether a file's text says so."""
    if "\0" in text:
        return Refusal.BINARY
    made = foreign.says_made(text)
    long = any(len(line) > LINE_CHARS_MAX for line in lines_of(text))
    return Refusal.GENERATED if made or long else None


def lines_of(text: str) -> list[str]:
    """The lines of a text, with their ends."""
    return _LINES.findall(text)


def hunks(old: str, new: str, differ: Differ) -> tuple[list[Edit], Counter[Refusal]]:
    """What makes `new` of `old`, as edits of `old`, and what of it was left out."""
    old_lines, new_lines = lines_of(old), lines_of(new)
    blocks = differ(old_lines, new_lines)
    refused: Counter[Refusal] = Counter()
    if len(blocks) > HUNKS_MAX:
        refused[Refusal.BULK] += 1
        return [], refused
    starts = [0]
    for line in old_lines:
        starts.append(starts[-1] + len(line))
    edits: list[Edit] = []
    for old_start, old_end, new_start, new_end in blocks:
        deleted = "".join(old_lines[old_start:old_end])
        inserted = "".join(new_lines[new_start:new_end])
        reason = _refused_hunk(deleted, inserted)
        if reason is None:
            edits.append(Edit(starts[old_start], starts[old_end], inserted))
        else:
            refused[reason] += 1
    return edits, refused


def _refused_hunk(deleted: str, inserted: str) -> Refusal | None:
    if not inserted.strip():
        return Refusal.DELETION
    if words(deleted) == words(inserted):
        return Refusal.LAYOUT
    return Refusal.LONG_HUNK if len(inserted) > HUNK_CHARS_MAX else None


def request_of(event: Imported, number: int) -> str:
    """The identity of a sample: the same whenever the same commit is imported."""
    return f"{event.commit}:{number}:{event.doc}"


def samples_of(event: Imported) -> list[Mined]:
    """The samples of one file of a commit."""
    mined: list[Mined] = []
    for number, edit in enumerate(event.edits):
        prefix, suffix = event.text[: edit.start], event.text[edit.end :]
        request = request_of(event, number)
        sample = Sample(
            request=request,
            doc=event.doc,
            language=event.language,
            prefix=prefix[-limits.SAMPLE_PREFIX_CHARS_MAX :],
            target=edit.inserted,
            suffix=suffix[: limits.SAMPLE_SUFFIX_CHARS_MAX],
            proposal="",
            proposal_id="",
            model="",
            accepted_chars=0,
            kept_chars=0,
            break_reason=Break.IMPORTED,
            opened_at_ms=event.made_ms,
            broken_at_ms=event.made_ms,
        )
        mined.append(
            Mined(
                request=request,
                doc=event.doc,
                reason=Break.IMPORTED,
                opened_at_ms=event.made_ms,
                broken_at_ms=event.made_ms,
                sample=sample,
                start=edit.start,
            )
        )
    return mined
