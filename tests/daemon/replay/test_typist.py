"""The parts of the replay's editor and typist that need no server."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import TraceError
from echo_core.text.document import Encoding, Text
from echo_core.text.edits import Edit, apply
from echo_daemon.replay.editor import reachable
from echo_daemon.replay.trace_file import read_trace
from echo_daemon.replay.typist import ReplayError, check_close, uri_of


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Edit]:
    text = draw(st.text(alphabet="a\r\n\U0001f600", max_size=12))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return text, Edit(start, end, draw(st.text(alphabet="b\r\n", max_size=3)))


@given(edits(), st.sampled_from(Encoding))
def test_every_edit_can_be_said_in_positions(drawn: tuple[str, Edit], encoding: Encoding) -> None:
    text, edit = drawn
    said = reachable(text, edit)
    assert apply(text, said) == apply(text, edit)
    mirror = Text(text)
    for offset in (said.start, said.end):
        assert mirror.offset(*mirror.position(offset, encoding), encoding) == offset


def test_a_difference_at_the_close_names_document_and_offset_and_no_text() -> None:
    check_close("a.py", "same", "same")
    with pytest.raises(ReplayError) as found:
        check_close("a.py", "secret = 1", "secret = 2")
    assert "'a.py'" in str(found.value)
    assert "offset 9" in str(found.value)
    assert "secret" not in str(found.value)
    with pytest.raises(ReplayError, match=r"offset 3 on .lengths 3 and 4"):
        check_close("a.py", "abc", "abcd")


def test_documents_have_uris_of_their_own() -> None:
    assert uri_of("file:///a%20b.py") == "file:///a%20b.py"
    assert uri_of("untitled:one") == "untitled:one"
    odd = ["src/a.py", "src\\a.py", "c:\\a.py", "c:/a.py", "src/a%5C.py", "a b", "ä"]
    uris = [uri_of(doc) for doc in odd]
    assert len(set(uris)) == len(odd)
    assert all(uri.startswith("file:///") and uri.isascii() and " " not in uri for uri in uris)


LINE = '{"t":0,"kind":"focus","doc":"a\u2028b"}\n'


def test_traces_are_read_plain_and_compressed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b"
    plain.write_text(LINE * 2, encoding="utf-8")
    packed.write_bytes(gzip.compress((LINE * 2).encode()))
    assert read_trace(plain) == read_trace(packed)
    assert len(read_trace(plain)) == 2


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(LINE.encode() * 100)[:-20],
        gzip.compress(LINE.encode())[:12] + b"\0\0\0\0",
        b"\xff\xfe\n",
        b"{}\n",
    ],
)
def test_a_damaged_trace_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    with pytest.raises(TraceError):
        read_trace(file)


def test_a_missing_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot be read"):
        read_trace(tmp_path / "none")
