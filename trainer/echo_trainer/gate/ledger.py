"""What was answered already, so that a gate that was killed goes on: figures, one line each.

    {"form": 1, "of": DIGEST}                                   the file begins with
    {"task": "sample", "key": "…", "model": SHA, "figures": {…}}

Left out: what figures mean (`written`, `judging`).

Rules
 - A line is the whole answer to one question by one model. A line that was torn is as none.
 - Answers to another dataset version, or of code that asks otherwise, are not used again: `of` is
   the digest of both.
 - Figures alone: no text comes here. What a question is called is no text either: a row's name,
   a problem's, a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from echo_core.errors import TrainerError
from echo_trainer.home import make_private

FORM: Final = 1
_Name = tuple[str, str, str]


class Ledger:
    """The answers in a file. Raises `TrainerError` where it cannot be written."""

    def __init__(self, path: Path, of: str) -> None:
        """Read what there is; begin anew where it belongs to something else."""
        self._path = path
        self._found: dict[_Name, dict[str, Any]] = {}
        make_private(path.parent)
        try:
            lines = path.read_bytes().split(b"\n") if path.exists() else []
            read = [*map(_read, lines), {}]
            head, rest = read[0], read[1:]
            if head == {"form": FORM, "of": of}:
                self._found = {
                    (one["task"], one["key"], one["model"]): one["figures"] for one in rest if one
                }
            self._write("w", [{"form": FORM, "of": of}, *map(_line, self._found.items())])
        except OSError as error:
            raise _failed(path, error) from error

    def __len__(self) -> int:
        return len(self._found)

    def find(self, task: str, key: str, model: str) -> Mapping[str, Any] | None:
        """The figures of an answer; None: it was not asked."""
        return self._found.get((task, key, model))

    def keep(self, task: str, key: str, model: str, figures: dict[str, Any]) -> None:
        """Write an answer down."""
        self._found[task, key, model] = figures
        try:
            self._write("a", [_line(((task, key, model), figures))])
        except OSError as error:
            raise _failed(self._path, error) from error

    def only(self, task: str, keys: set[str]) -> None:
        """Forget the answers to questions of this task that are not among `keys`."""
        gone = [name for name in self._found if name[0] == task and name[1] not in keys]
        for name in gone:
            del self._found[name]
        if gone:
            head = _read(self._path.read_bytes().split(b"\n")[0])
            self._write("w", [head, *map(_line, self._found.items())])

    def _write(self, mode: str, lines: Iterable[Mapping[str, Any]]) -> None:
        with self._path.open(mode, encoding="ascii") as file:
            file.writelines(f"{json.dumps(line)}\n" for line in lines)


def _line(item: tuple[_Name, dict[str, Any]]) -> dict[str, Any]:
    (task, key, model), figures = item
    return {"task": task, "key": key, "model": model, "figures": figures}


def _read(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _failed(path: Path, error: OSError) -> TrainerError:
    return TrainerError(f"{path} cannot be written ({error.strerror}): free some space.")
