"""Outside corpora of labelled secrets: files, and which of their lines hold a credential.

Two forms are read, whichever the folder has:

- `meta/*.csv` as CredData has it, one row a finding, with the columns `FilePath` (from the
  folder), `LineStart`, `LineEnd` and `GroundTruth` (`T` a credential, anything else none);
- `labels.csv` with the columns `file`, `line` and `label` (`true` or `false`), lines from 1.

Left out: judging (`bench.secrets`).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from echo_core.text.document import split_lines

FILE_BYTES_MAX: Final = 4 << 20  # a longer one is a data set of its own

_TRUE: Final = frozenset({"t", "true", "1", "yes"})
LANGUAGES: Final[Mapping[str, str]] = {
    ".c": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cs": "csharp",
    ".css": "css",
    ".go": "go",
    ".h": "c",
    ".hpp": "cpp",
    ".html": "html",
    ".java": "java",
    ".js": "javascript",
    ".jsx": "javascriptreact",
    ".kt": "kotlin",
    ".md": "markdown",
    ".mjs": "javascript",
    ".php": "php",
    ".py": "python",
    ".rb": "ruby",
    ".rs": "rust",
    ".scala": "scala",
    ".sh": "shellscript",
    ".svelte": "svelte",
    ".swift": "swift",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".vue": "vue",
    ".yaml": "yaml",
    ".yml": "yaml",
}


@dataclass(slots=True)
class LabelledFile:
    """A file; the stretches of lines (from 1, both inclusive) with and without a credential."""

    path: str
    lines: list[str]
    true: set[tuple[int, int]] = field(default_factory=set)
    false: set[tuple[int, int]] = field(default_factory=set)

    @property
    def language(self) -> str:
        """LSP's language id, as far as the file's name tells."""
        return LANGUAGES.get(PurePosixPath(self.path).suffix.lower(), "plaintext")


class CorpusError(Exception):
    """The folder is no corpus; the message says why."""


def read(folder: Path) -> Iterator[LabelledFile]:
    """The files of a corpus, in the order of their paths.

    Raises:
        CorpusError: there are no labels.
    """
    labels: dict[str, list[tuple[int, int, bool]]] = defaultdict(list)
    for path, first, last, true in _labels(folder):
        labels[path].append((first, last, true))
    for path in sorted(labels):
        place = folder / path
        if not place.is_file() or place.stat().st_size > FILE_BYTES_MAX:
            continue
        text = place.read_bytes().decode("utf-8", "replace")
        found = LabelledFile(path, split_lines(text))
        for first, last, true in labels[path]:
            (found.true if true else found.false).add((first, max(first, last)))
        found.false -= found.true  # a line may hold two values
        yield found


def _labels(folder: Path) -> Iterator[tuple[str, int, int, bool]]:
    metas = sorted((folder / "meta").glob("*.csv"))
    plain = folder / "labels.csv"
    if not metas and not plain.is_file():
        raise CorpusError(f"{folder} has neither meta/*.csv nor labels.csv")
    for meta in metas:
        for row in _rows(meta):
            first = int(row["LineStart"])
            last = int(row["LineEnd"] or first)
            yield row["FilePath"], first, last, row["GroundTruth"].lower() in _TRUE
    if plain.is_file():
        for row in _rows(plain):
            line = int(row["line"])
            yield row["file"], line, line, row["label"].strip().lower() in _TRUE


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
