"""The folders of runs in a trainer's home.

Left out: what the documents mean (`records`).

Rules
 - A run's name is one that a release could have, so that a path cannot leave the folder.
 - Documents are written whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.errors import InputError, TrainerError
from echo_core.release.metadata import Kind, is_name
from echo_runtime import files
from echo_trainer.home import Home, make_private
from echo_trainer.runs.records import Document, Run, Shipped, Verdict, decode, digest, encode

_FOLDER: Final = "runs"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder; touches nothing until something is written."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def document(self) -> Path:
        """run.json."""
        return self.path / "run.json"

    @property
    def plan(self) -> Path:
        """plan.json: what was begun, so that it goes on as it was."""
        return self.path / "plan.json"

    @property
    def adapter(self) -> Path:
        """The LoRA as PEFT saves it."""
        return self.path / "adapter"

    @property
    def curve(self) -> Path:
        """What was measured at which step."""
        return self.path / "curve.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Where training goes on."""
        return self.path / "checkpoints"

    def shipped(self, kind: Kind) -> Path:
        """What clients would get."""
        return self.path / "shipped" / f"{kind.value}.gguf"

    def shipped_document(self, kind: Kind) -> Path:
        """What is known of it."""
        return self.path / "shipped" / f"{kind.value}.json"

    def gate(self, kind: Kind) -> Path:
        """The folder of the reports of one kind of file."""
        return self.path / "gate" / kind.value

    def verdict(self, kind: Kind) -> Path:
        """The document of the gate: its digest is what a release names."""
        return self.gate(kind) / "report.json"

    def read_run(self) -> Run:
        """What was trained.

        Raises:
            InputError: it is not done, or no run.
        """
        return self._read(Run, self.document, "train")

    def read_shipped(self, kind: Kind) -> Shipped:
        """What would be shipped. Raises InputError as `read_run`."""
        return self._read(Shipped, self.shipped_document(kind), "export")

    def read_verdict(self, kind: Kind) -> Verdict:
        """What the gate said. Raises InputError as `read_run`."""
        return self.read_judged(kind)[0]

    def read_judged(self, kind: Kind) -> tuple[Verdict, str]:
        """What the gate said, and the digest of these very bytes, by which a release names it."""
        content = self._content(self.verdict(kind), "gate")
        return decode(Verdict, content), digest(content)

    def write(self, document: Run | Shipped | Verdict) -> None:
        """Write a document in its place.

        Raises:
            TrainerError: it cannot be written.
        """
        match document:
            case Run():
                path = self.document
            case Shipped():
                path = self.shipped_document(document.kind)
            case Verdict():
                path = self.verdict(document.kind)
        make_private(path.parent)
        try:
            files.write_whole(path, encode(document))
        except OSError as error:
            raise TrainerError(
                f"{path} cannot be written ({error.strerror}): free some space."
            ) from error

    def _read(self, kind: type[Document], path: Path, command: str) -> Document:
        return decode(kind, self._content(path, command))

    def _content(self, path: Path, command: str) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise InputError(
                f"The run {self.name} has no {path.name}: `echo-trainer {command}` writes it."
            ) from error
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}).") from error


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs of a home."""

    folder: Path

    @classmethod
    def of(cls, home: Home) -> Runs:
        """Those of a home."""
        return cls(home.data / _FOLDER)

    def named(self, name: str) -> RunFolder:
        """A run's folder, whether it is there or not.

        Raises:
            InputError: it cannot be a name.
        """
        if not is_name(name):
            raise InputError(
                f"{name!r} cannot be a run's name: small letters, digits, dots, dashes, up to 64."
            )
        return RunFolder(self.folder / name)

    def all(self) -> list[RunFolder]:
        """Those that are done, by name."""
        if not self.folder.is_dir():
            return []
        found = (RunFolder(each) for each in sorted(self.folder.iterdir()) if is_name(each.name))
        return [each for each in found if each.document.is_file()]

    def newest(self) -> list[RunFolder]:
        """Those that are done, the last one first: a run's document is written once."""
        return sorted(self.all(), key=lambda each: each.document.stat().st_mtime_ns, reverse=True)
