"""A replay against a simulated server that proposes what is typed next: acceptance on the wire."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
import pytest

from echo_core.errors import DaemonError
from echo_core.records import trace
from echo_core.text.document import Encoding
from echo_daemon.replay import session_source
from echo_daemon.replay.editor import Editor
from echo_daemon.replay.typist import Shown, Typist, uri_of
from echo_runtime.clock import SystemClock
from echo_testing.waiting import until

SIMULATOR = Path(__file__).parent / "simulator"
SOURCE = '''\
def emoji():
    """\U0001f600"""
    first = "\U0001f600\U0001f600", "ä"
    if first:
        return first[0] + "\U0001f600"
    return None


def more():
    total = sum(number for number in range(10))
    return total
'''


def simulated(tmp_path: Path, **more: str) -> dict[str, str]:
    wanted = tmp_path / "wanted"
    wanted.write_text(SOURCE, encoding="utf-8")
    paths = [str(SIMULATOR), *os.environ.get("PYTHONPATH", "").split(os.pathsep), str(Path.cwd())]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "ECHO_SIMULATED": str(wanted),
        "ECHO_SIMULATED_REPORT": str(tmp_path / "report"),
        **more,
    }


class Seen:
    """Keeps what a watcher is told."""

    def __init__(self) -> None:
        self.lines = 0
        self.shown: list[Shown] = []

    async def played(self, lines: int) -> None:
        assert lines >= self.lines
        self.lines = lines

    async def answered(self, shown: Shown) -> None:
        self.shown.append(shown)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("every_key", [False, True])
async def test_proposals_that_agree_are_accepted_and_the_text_is_the_trace_s(
    tmp_path: Path, encoding: Encoding, every_key: bool
) -> None:
    lines = session_source.session(SOURCE, doc="a.py")
    editor, seen = Editor(encoding=encoding), Seen()
    await editor.start(simulated(tmp_path))
    try:
        typist = Typist(
            editor, SystemClock(), every_key_from_ms=0 if every_key else None, watcher=seen
        )
        played = await typist.play(lines)
    finally:
        await editor.stop()
    counts = editor.counts
    report = json.loads((tmp_path / "report").read_text())
    assert editor.encoding is encoding
    assert report["closed"] == {uri_of("a.py"): SOURCE}
    assert (played.lines, played.closes_checked, seen.lines) == (len(lines), 1, len(lines))
    assert report["seen"].count("request") == counts.requests == counts.answers
    assert report["seen"].count("shown") == counts.shown == counts.items == counts.requests
    assert report["seen"].count("accepted") == counts.accepted > 2
    assert report["seen"].count("partly") == counts.accepted_in_part > 0
    assert report["seen"].count("change") == counts.changes == counts.edits
    cursors = [line for line in lines if isinstance(line, trace.TraceCursor)]
    assert report["seen"].count("cursor") == len(cursors)
    taken = [shown.taken for shown in seen.shown if shown.taken]
    assert sum(map(len, taken)) == counts.accepted_chars
    # An editor changes the text first, then runs the command.
    for number, what in enumerate(report["seen"]):
        if what in {"accepted", "partly"}:
            assert report["seen"][number - 1] == "change"


async def test_a_server_that_dies_is_an_error_and_no_wait(tmp_path: Path) -> None:
    editor = Editor()
    await editor.start(simulated(tmp_path, ECHO_SIMULATED_DIES_AT="5"))
    try:
        typist = Typist(editor, SystemClock(), every_key_from_ms=0)
        with pytest.raises(DaemonError, match="echo-lsp ended"):
            await typist.play(session_source.session(SOURCE))
    finally:
        await editor.stop()


class Late(Seen):
    """Lets a server that stands still go on when it was asked `late` times in vain."""

    def __init__(self, server: psutil.Process, late: int) -> None:
        super().__init__()
        self._server = server
        self._late = late

    async def answered(self, shown: Shown) -> None:
        await super().answered(shown)
        if len(self.shown) == self._late:
            self._server.resume()


async def test_at_speed_a_late_answer_is_cancelled(tmp_path: Path) -> None:
    editor = Editor()
    await editor.start(simulated(tmp_path))
    assert editor._client._server is not None
    server = psutil.Process(editor._client._server.pid)
    server.suspend()
    await until(lambda: server.status() == psutil.STATUS_STOPPED)
    seen = Late(server, 5)
    lines: list[trace.TraceLine] = [trace.TraceOpen(0, "a", "python", "")]
    lines += [
        trace.TraceEdit(0, "a", (trace.Edit(at, at, key),)) for at, key in enumerate("abcdef")
    ]
    try:
        # All keys are due at once; nothing is due behind the last one, so it is waited for.
        typist = Typist(editor, SystemClock(), speed=1, every_key_from_ms=0, watcher=seen)
        played = await typist.play(lines)
    finally:
        await editor.stop()
    assert [shown.late for shown in seen.shown] == [True] * 5 + [False]
    assert played.late == 5
    assert editor.counts.answers == editor.counts.requests == 6
