"""Numbers, sentences and code as pages show them."""

from __future__ import annotations

import pytest

from echo_core.showing.metrics import Rate
from echo_daemon.inspecting.samples import Span, SpanKind
from echo_daemon.inspector import words
from echo_pages.words import count, say, span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext\r\n", "plain\n\ttext\n"),
        ("a\u202eb", "a⟨RIGHT-TO-LEFT OVERRIDE⟩b"),
        ("\x1b[2J", "⟨U+001B⟩[2J"),
        ("zero\u200bwidth", "zero⟨ZERO WIDTH SPACE⟩width"),
        ("né 日本 😀", "né 日本 😀"),
        ("half\ud800", "half⟨U+D800⟩"),
    ],
)
def test_every_character_of_code_can_be_seen(text: str, shown: str) -> None:
    assert words.code(text) == shown


def test_a_sentence_is_escaped_and_what_is_typed_stands_apart() -> None:
    assert say("run `echoctl <x>` & go") == "run <code>echoctl &lt;x&gt;</code> &amp; go"


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(400, "0.4 s"), (99_900, "99.9 s"), (720_000, "12 min"), (10_800_000, "3 h")],
)
def test_how_long(ms: int, shown: str) -> None:
    assert span(ms).replace("\u202f", " ") == shown


def test_numbers() -> None:
    assert count(12345).replace("\u202f", " ") == "12 345"
    assert words.rate(Rate(1, 8)).replace("\u202f", " ") == "12.5 %"
    assert words.rate(Rate(0, 0)) == "none yet"
    assert words.shorter("/a/b") == "/a/b"
    assert words.shorter("/home/ann/" + "long/" * 9 + "end").startswith("…/long/")


def test_the_nearest_lines_of_a_text_in_pieces() -> None:
    text = (Span(SpanKind.SAME, "1\n2\n3"), Span(SpanKind.HIDDEN, "x", "a name"), _same("4\n5"))
    assert words.nearest(text, 2) == (_same("3"), text[1], text[2])
    assert words.nearest(text, -2) == (_same("1\n2"),)
    assert words.nearest(text, 99) == text
    assert words.nearest((), 3) == ()


def _same(text: str) -> Span:
    return Span(SpanKind.SAME, text)
