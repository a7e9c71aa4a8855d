"""CredSweeper's rules without its model, as one more check of a sample.

It takes 2 s and 92 MB to load, which is why it comes with an extra, is loaded when it is first
asked, and belongs into the process that runs checks: what runs wild there is ended with it, and
its sample is dropped.

What its rules do not need is not loaded: empty modules stand in their place. onnxruntime, which
runs its model, brings a telemetry client on Linux too (1.32), and writes a session's identity into
the folder of temporary files when it is imported; pandas is for tables; GitPython runs git twice.

Left out: our own rules (`echo_core.judging.checks.secrets`), which are asked in any case.

Rules
 - Lines go in as strings; nothing is written to a file, and its logs are off: they quote lines.
   Its class `CredSweeper` is not used: it starts a process that keeps candidates.
 - Its spans are whole lines. What a rule marks as mere information (UUIDs) says nothing.
 - Not installed is `UNCHECKED`; whatever it raises is a drop.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "scan"
VERSION: Final = 1
CASE_CHARS_MAX: Final = 64 << 10  # as of `echo_core.judging.checks.scan`; 30 to 60 ms
SPANS_MAX: Final = 20

_LIBRARY: Final = "credsweeper"
_NOT_NEEDED: Final = ("onnxruntime", "pandas", "git")
_OPTIONS: Final = {
    "use_filters": True,
    "find_by_ext": False,
    "size_limit": None,
    "pedantic": False,
    "depth": 0,
    "doc": False,
    "severity": "low",
    "confidence": "weak",
}
# Its rules ask for the kind of a file; the path of a case has it, other languages have none.
_KINDS: Final = {"python": ".py", "typescript": ".ts", "javascript": ".js", "java": ".java"}


def installed() -> bool:
    """Whether the extra `scan` is there. Loads nothing."""
    return importlib.util.find_spec(_LIBRARY) is not None


class CredSweeperScan:
    """The scanner, once it was asked."""

    def __init__(self, *, present: bool | None = None) -> None:
        """`present`: whether it is installed; asked when it is not said."""
        self._present = installed() if present is None else present
        self._scanner: Any = None
        self._provider: Any = None

    def judge(self, case: Case) -> Verdict:
        """What it finds in the whole text of a case. Never raises."""
        if not self._present:
            return Verdict(NAME, VERSION, Finding.UNCHECKED, Cause.NOT_CONFIGURED)
        if len(case.whole) > CASE_CHARS_MAX:
            return Verdict(NAME, VERSION, Finding.DROPPED, Cause.TOO_LARGE, quality=0.0)
        try:
            found = self._scan(case)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sample is not trusted
            facts = (("failure", type(error).__name__),)
            return Verdict(NAME, VERSION, Finding.DROPPED, Cause.CRASHED, (), 0.0, facts)
        if not found:
            return Verdict(NAME, VERSION, Finding.PASSED)
        spans = _lines(case.whole)
        return Verdict(
            NAME,
            VERSION,
            Finding.DROPPED,
            Cause.CREDENTIAL_SCANNED,
            tuple(spans[line] for line in sorted({line for line, _ in found}))[:SPANS_MAX],
            0.0,
            tuple(sorted(Counter(_plain(rule) for _, rule in found).items())),
        )

    def _scan(self, case: Case) -> list[tuple[int, str]]:
        """(line, rule) of each credential that it sees."""
        if self._scanner is None:
            self._load()
        lines = [case.whole[start:end] for start, end in _lines(case.whole)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of reading strings, in 1.19
            provider = self._provider(lines, file_path=case.path, file_type=_kind(case))
        return [
            (place.line_pos, candidate.rule_name)
            for candidate in self._scanner.scan(provider)
            for place in candidate.line_data_list
        ]

    def _load(self) -> None:
        logging.getLogger(_LIBRARY).setLevel(logging.CRITICAL + 1)
        with _stand_ins():
            import credsweeper  # noqa: PLC0415 - 2 s, and only where it is wanted
            from credsweeper.app import APP_PATH  # noqa: PLC0415
            from credsweeper.config.config import Config  # noqa: PLC0415
            from credsweeper.scanner.scanner import Scanner  # noqa: PLC0415
        config = json.loads((APP_PATH / "secret" / "config.json").read_text(encoding="utf-8"))
        self._scanner = Scanner(Config({**config, **_OPTIONS}), None)
        self._provider = credsweeper.StringContentProvider


class _Absent(ModuleType):
    """A module in which every name is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


@contextmanager
def _stand_ins() -> Iterator[None]:
    """While this lasts, what is not needed is imported as nothing."""
    placed = [name for name in _NOT_NEEDED if name not in sys.modules]
    sys.modules.update({name: _Absent(name) for name in placed})
    try:
        yield
    finally:
        for name in placed:
            sys.modules.pop(name, None)


def _lines(text: str) -> list[tuple[int, int]]:
    """Where the lines of `text` are, without their ends."""
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def _kind(case: Case) -> str:
    name = case.path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else _KINDS.get(case.language, "")


def _plain(rule: str) -> str:
    """A rule's name as a name of a class."""
    return rule.lower().replace(" ", "-")
