"""Logs hold what is ours and nothing else, and stay small."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from enum import StrEnum
from pathlib import Path

import pytest
from pygls.lsp.server import LanguageServer

from echo_runtime import logs
from echo_runtime.clock import SystemClock
from echo_runtime.logs import Label, Level, Log, silence_foreign, watch_loop


class Colour(StrEnum):
    RED = "red"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def test_a_line(tmp_path: Path) -> None:
    log = Log(tmp_path, "echo-x", SystemClock())
    log.info("a.b", count=3, ratio=0.5, yes=True, colour=Colour.RED, error=Label.of(ValueError()))
    log.debug("a.c")
    (line,) = lines(tmp_path / "echo-x.log")
    assert line["fields"] == {
        "count": 3,
        "ratio": 0.5,
        "yes": True,
        "colour": "red",
        "error": "ValueError",
    }
    assert (line["level"], line["event"], line["process"]) == ("info", "a.b", "echo-x")
    assert stat.S_IMODE((tmp_path / "echo-x.log").stat().st_mode) == 0o600


def test_source_text_does_not_get_in(tmp_path: Path) -> None:
    log = Log(tmp_path, "p", SystemClock())
    secret = "def canary(): pass"
    log.error("x", text=secret, more=[secret])  # type: ignore[arg-type]
    log.error(secret)
    assert "canary" not in (tmp_path / "p.log").read_text()


def test_files_are_rotated_and_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOG_BYTES_MAX", 2000)
    first, second = (Log(tmp_path, "p", SystemClock()) for _ in range(2))
    for number in range(200):
        (first, second)[number % 2].info("n", number=number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["p.log", "p.log.1", "p.log.2"]
    assert all(file.stat().st_size < 2400 for file in files)
    numbers = [
        line["fields"]["number"]  # type: ignore[index]
        for file in reversed(files)
        for line in lines(file)
    ]
    assert numbers == list(range(200))[-len(numbers) :]


def test_a_folder_that_is_gone_loses_lines_only(tmp_path: Path) -> None:
    log = Log(tmp_path / "gone", "p", SystemClock())
    log.info("x")
    assert log.lost == 1


def test_levels(tmp_path: Path) -> None:
    log = Log(tmp_path, "p", SystemClock(), Level.ERROR)
    log.warning("x")
    log.error("y")
    log.close()
    assert [line["event"] for line in lines(tmp_path / "p.log")] == ["y"]


def test_libraries_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    root = logging.getLogger()
    keep = Keep(level=0)
    root.addHandler(keep)
    level = root.level
    root.setLevel(0)
    try:
        logging.getLogger("pygls.protocol.json_rpc").setLevel(logging.DEBUG)
        silence_foreign()
        server = LanguageServer("x", "1")
        server.protocol._send_data({"text": "canary"})
        logging.getLogger("asyncio").error("canary")
        logging.getLogger("cattrs.converters").critical("canary")
        assert records == []
        logging.getLogger("somebody").error("seen")
        assert len(records) == 1
    finally:
        root.removeHandler(keep)
        root.setLevel(level)


async def test_unawaited_exceptions_are_logged_by_class(tmp_path: Path) -> None:
    log = Log(tmp_path, "p", SystemClock())
    loop = asyncio.get_running_loop()
    watch_loop(loop, log)

    def fail() -> None:
        raise KeyError("canary")

    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    text = (tmp_path / "p.log").read_text()
    assert "KeyError" in text
    assert "canary" not in text
