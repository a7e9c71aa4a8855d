"""CredSweeper's rules without its model, as one more check of a sample.

It takes 2 s and 140 MB to load (pandas, onnxruntime), which is why it comes with an extra, is
loaded when it is first asked, and belongs into the process that runs checks: what runs wild there
is ended with it, and its sample is dropped.

Left out: our own rules (`echo_core.checks.secrets`), which are asked in any case.

Rules
 - Lines go in as strings; nothing is written to a file, and its logs are off: they quote lines.
 - Its spans are whole lines. What a rule marks as mere information (UUIDs) says nothing.
 - Not installed is `UNCHECKED`; whatever it raises is a drop.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections import Counter
from typing import Any, Final

from echo_core.checks.case import Case
from echo_core.checks.causes import Cause
from echo_core.checks.verdict import Finding, Verdict

NAME: Final = "scan"
VERSION: Final = 1
CASE_CHARS_MAX: Final = 64 << 10  # as of `echo_core.checks.scan`; 30 to 60 ms
SPANS_MAX: Final = 20

_LIBRARY: Final = "credsweeper"
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
        import credsweeper  # noqa: PLC0415 - 2 s, and only where it is wanted

        made = credsweeper.CredSweeper(ml_threshold=0, severity=credsweeper.Severity.LOW)
        self._scanner, self._provider = made.scanner, credsweeper.StringContentProvider


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
