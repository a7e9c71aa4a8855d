"""The scanner of the extra `scan`: the real one where it is installed, and its absence."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import planted
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding
from echo_daemon.scan import credsweeper
from echo_daemon.scan.credsweeper import CASE_CHARS_MAX, CredSweeperScan, installed

needs_scan = pytest.mark.skipif(not installed(), reason="the extra `scan` is not installed")
CLEAN = Case("python", "a.py", "import os\n\n", "def f(x):\n    return x\n", "\nf(1)\n")


def test_without_the_extra_nothing_is_said() -> None:
    verdict = CredSweeperScan(present=False).judge(CLEAN)
    assert (verdict.finding, verdict.cause) == (Finding.UNCHECKED, Cause.NOT_CONFIGURED)


def test_what_is_too_long_is_dropped() -> None:
    long = Case("python", "a.py", "x" * (CASE_CHARS_MAX + 1), "", "")
    assert CredSweeperScan(present=True).judge(long).cause is Cause.TOO_LARGE


def test_a_crash_is_a_drop_and_its_message_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: CredSweeperScan) -> None:
        raise RuntimeError(CLEAN.target)

    monkeypatch.setattr(CredSweeperScan, "_load", load)
    verdict = CredSweeperScan(present=True).judge(CLEAN)
    assert (verdict.finding, verdict.cause) == (Finding.DROPPED, Cause.CRASHED)
    assert verdict.facts == (("failure", "RuntimeError"),)


@needs_scan
def test_what_its_rules_do_not_need_is_not_loaded() -> None:
    script = (
        "import sys, multiprocessing\n"
        "from echo_core.judging.checks.case import Case\n"
        "from echo_daemon.scan.credsweeper import CredSweeperScan\n"
        "verdict = CredSweeperScan().judge(Case('python', 'a.py', '', 'x = 1', ''))\n"
        "loaded = {'onnxruntime', 'pandas', 'git'} & sys.modules.keys()\n"
        "print(verdict.finding, sorted(loaded), multiprocessing.active_children())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "passed [] []\n"


@needs_scan
def test_the_real_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.NOTSET)
    scan = CredSweeperScan()
    assert scan.judge(CLEAN).finding is Finding.PASSED
    rng = Random(3)
    for name in ("github", "stripe", "aws-key-id", "gitlab"):
        token = planted.TOKENS[name](rng)
        line = f'service_token = "{token}"'
        case = Case("python", "a.py", "import os\nservice_tok", line[11:], "\nprint(1)\n")
        verdict = scan.judge(case)
        assert (verdict.finding, verdict.cause) == (Finding.DROPPED, Cause.CREDENTIAL_SCANNED), name
        assert [case.whole[start:end] for start, end in verdict.spans] == [line]
        assert token not in repr(verdict)
        assert token not in caplog.text
    assert list(tmp_path.iterdir()) == []


@needs_scan
@pytest.mark.parametrize(
    "text", ["", "\n", "\0\x01", "ü" * 500, "a\r\nb\rc\u2028d", "x" * 9000, '"' * 300]
)
def test_no_text_makes_it_raise(text: str) -> None:
    verdict = SCAN.judge(Case("unheard-of", "", text, text, text))
    assert verdict.cause is not Cause.CRASHED


SCAN: Any = CredSweeperScan()


def test_the_kind_of_a_file_is_that_of_its_name() -> None:
    kinds = {("python", "x/a.PYI"): ".pyi", ("python", ""): ".py", ("go", ".env"): ""}
    for (language, path), kind in kinds.items():
        assert credsweeper._kind(Case(language, path, "", "", "")) == kind
