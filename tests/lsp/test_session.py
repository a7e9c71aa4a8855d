"""The mirror of documents, and what of it reaches a daemon that does not read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from echo_core import limits
from echo_core.text.document import Encoding
from echo_core.text.edits import apply_all
from echo_lsp import daemon_side
from echo_lsp.daemon_side import DaemonSide
from echo_lsp.features.outcomes import code_points
from echo_lsp.session import OFFERS_KEPT_MAX, ContentChange, Session
from echo_runtime import rpc
from echo_runtime.clock import SystemClock
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer
from echo_testing.editor import position
from echo_testing.scripted_daemon import ScriptedDaemon

URI = "file:///w/a.py"
TEXTS = st.text(st.sampled_from("ab\n\r\f\u2028\x85\U0001f600\ud800"), max_size=12)


def partial(text: str, start: int, end: int, inserted: str, encoding: str) -> ContentChange:
    where = types.Range(position(text, start, encoding), position(text, end, encoding))
    return types.TextDocumentContentChangePartial(where, inserted)


def splits_line_end(text: str, offset: int) -> bool:
    return text[max(offset - 1, 0) : offset + 1] == "\r\n"


@given(st.data(), TEXTS, st.sampled_from(list(Encoding)))
def test_edits_land_where_the_client_means(data: st.DataObject, text: str, kind: Encoding) -> None:
    session = Session(encoding=kind)
    session.open(URI, "python", 0, text)
    before, changes = text, []
    for _ in range(data.draw(st.integers(1, 4))):
        places = [at for at in range(len(text) + 1) if not splits_line_end(text, at)]
        start, end = sorted(data.draw(st.tuples(*[st.sampled_from(places)] * 2)))
        inserted = data.draw(TEXTS)
        changes.append(partial(text, start, end, inserted, kind))
        text = text[:start] + inserted + text[end:]
    changed = session.change(URI, 7, changes)
    assert changed is not None
    assert changed.after.text is not None
    assert (changed.after.text.content, changed.after.version) == (text, 7)
    assert apply_all(before, changed.edits) == text


def test_a_range_given_backwards_is_turned_round() -> None:
    session = Session()
    session.open(URI, "python", 0, "abc")
    where = types.Range(types.Position(0, 2), types.Position(0, 1))
    changed = session.change(URI, 1, [types.TextDocumentContentChangePartial(where, "x")])
    assert changed is not None
    assert changed.after.text is not None
    assert changed.after.text.content == "axc"


def test_large_documents_are_not_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOCUMENT_CHARS_MAX", 5)
    session = Session()
    large = session.open(URI, "python", 0, "abcdef")
    assert large is not None
    assert large.text is None
    ignored = session.change(URI, 1, [partial("", 0, 0, "x", "utf-16")])
    assert ignored is not None
    assert (ignored.after.text, ignored.continues) == (None, False)
    small = session.change(URI, 2, [types.TextDocumentContentChangeWholeDocument("abc")])
    assert small is not None
    assert small.after.text is not None
    assert not small.continues
    grown = session.change(URI, 3, [partial("abc", 3, 3, "def", "utf-16")])
    assert grown is not None
    assert grown.after.text is None


def test_too_many_documents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOCUMENTS_OPEN_MAX", 1)
    session = Session()
    assert session.open("a", "python", 0, "") is not None
    assert session.open("b", "python", 0, "") is None
    assert session.open("a", "python", 1, "again") is not None
    assert session.close("a") is not None
    assert session.close("a") is None


def test_offers_are_kept_for_a_while() -> None:
    session = Session()
    for number in range(OFFERS_KEPT_MAX + 1):
        session.remember_offer(str(number), "t")
    assert session.offered("0") is None
    assert session.offered("1") == "t"


def test_the_editor_switches_off() -> None:
    assert Session().enabled
    assert not Session(settings={"completion.enabled": False}).enabled


@given(st.text(), st.integers(-2, 60))
def test_code_points_of_utf16_units(text: str, units: int) -> None:
    chars = code_points(text, units)
    assert len(text[:chars].encode("utf-16-le", "surrogatepass")) // 2 <= max(units, 0)
    if chars < len(text):
        assert len(text[: chars + 1].encode("utf-16-le", "surrogatepass")) // 2 > units


# --- a daemon that does not read ----------------------------------------------------------------


@dataclass
class Held:
    """A link whose other end reads only when the test lets it."""

    peer: Peer | None
    side: DaemonSide
    session: Session
    daemon: ScriptedDaemon
    far: Peer

    def type_at_end(self, text: str) -> None:
        document = self.session.documents[URI]
        assert document.text is not None
        content = document.text.content
        change = partial(content, len(content), len(content), text, "utf-16")
        changed = self.session.change(URI, document.version + 1, [change])
        assert changed is not None
        self.side.changed(changed)

    @property
    def content(self) -> str:
        document = self.session.documents[URI]
        assert document.text is not None
        return document.text.content


@pytest.fixture
async def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Held]:
    for module in (daemon_side, rpc):
        monkeypatch.setattr(module, "OUTGOING_BYTES_MAX", 1 << 16)
    profile = Profile.locate({"ECHO_HOME": str(tmp_path / "h")})
    profile.prepare()
    log = Log(profile.state_dir, "t", SystemClock())
    one, two = socket.socketpair()
    near = Peer(*await asyncio.open_unix_connection(sock=one), log)
    far = Peer(*await asyncio.open_unix_connection(sock=two), log)
    daemon = ScriptedDaemon(profile, log)
    session = Session()
    side = DaemonSide(session, log)
    made = Held(near, side, session, daemon, far)
    side.link = made
    near.start()
    yield made
    side.close()
    near.close()
    far.close()
    daemon.release()


async def test_a_slow_daemon_gets_the_document_as_a_whole(held: Held) -> None:
    opened = held.session.open(URI, "python", 0, "")
    assert opened is not None
    held.side.opened(opened)
    assert held.peer is not None
    for _ in range(100):
        held.type_at_end("x" * 10_000)
    # 1 MB was typed; what waits is bounded by what fits under the limit plus one edit
    assert held.peer.outgoing_bytes < 2 * (1 << 16)
    waiting = await held.side.complete(held.session.documents[URI], 0, "automatic")
    assert waiting.reason == "daemon_away"
    held.daemon.serve(held.far)
    await held.daemon.wait_until(lambda: held.daemon.mirrors.get(URI) == held.content)
    assert len(held.daemon.messages) < 100
    held.type_at_end("end")
    await held.daemon.wait_until(lambda: held.daemon.mirrors[URI].endswith("end"))
    assert held.daemon.mirrors[URI] == held.content


async def test_a_document_closed_meanwhile_is_not_sent_again(held: Held) -> None:
    opened = held.session.open(URI, "python", 0, "")
    assert opened is not None
    held.side.opened(opened)
    for _ in range(100):
        held.type_at_end("x" * 10_000)
    closed = held.session.close(URI)
    assert closed is not None
    held.side.closed(closed)
    other = held.session.open("file:///w/b.py", "python", 0, "b")
    assert other is not None
    held.side.opened(other)
    held.daemon.serve(held.far)
    await held.daemon.wait_until(lambda: held.daemon.mirrors == {"file:///w/b.py": "b"})


async def test_what_outgrows_the_mirror_is_closed_over_there(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DOCUMENT_CHARS_MAX", 10)
    opened = held.session.open(URI, "python", 0, "12345678")
    assert opened is not None
    held.side.opened(opened)
    held.daemon.serve(held.far)
    await held.daemon.wait_until(lambda: URI in held.daemon.mirrors)
    held.type_at_end("9999")
    await held.daemon.wait_until(lambda: URI not in held.daemon.mirrors)
    small = held.session.change(URI, 9, [types.TextDocumentContentChangeWholeDocument("1")])
    assert small is not None
    held.side.changed(small)
    await held.daemon.wait_until(lambda: held.daemon.mirrors.get(URI) == "1")
