"""What is shown of written bytes: whole characters, nothing of a stop string, nothing lost."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from echo_engine.text import TextStream

stops = st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=3).map(tuple)


def cut(data: bytes, points: list[int]) -> list[bytes]:
    """`data` in pieces that end at `points`."""
    places = sorted({min(point, len(data)) for point in points} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


def expected(text: str, stop: tuple[str, ...]) -> str:
    return text[: min((at for at in map(text.find, stop) if at >= 0), default=len(text))]


@given(st.text("abé😀\n", max_size=20), stops, st.lists(st.integers(0, 60)))
def test_however_bytes_arrive_the_text_is_the_same(
    text: str, stop: tuple[str, ...], points: list[int]
) -> None:
    stream = TextStream(stop)
    shown = ""
    for piece in cut(text.encode(), points):
        shown += stream.add(piece)
        # A stop string can be found early only where a longer one would begin before it ends.
        assert text.startswith(shown)
    shown += stream.rest()
    assert text.startswith(shown)
    assert not any(string in shown for string in stop)
    if not stop or not any(string in text for string in stop):
        assert shown == text
    else:
        assert stream.stopped
        assert shown == expected(text, stop)


@given(st.text("aé😀", max_size=8), st.binary(min_size=1, max_size=4))
def test_bytes_that_are_no_text_end_it(text: str, tail: bytes) -> None:
    stream = TextStream(())
    shown = stream.add(text.encode() + b"\xff" + tail)
    assert shown == text
    assert stream.broken
    assert stream.add(b"more") == ""
    assert stream.rest() == ""


def test_half_a_character_is_never_shown() -> None:
    stream = TextStream(())
    euro = "€".encode()
    assert stream.add(b"a" + euro[:1]) == "a"
    assert stream.add(euro[1:2]) == ""
    assert stream.add(euro[2:]) == "€"
    assert stream.add(euro[:2]) == ""
    assert stream.rest() == ""


def test_what_may_become_a_stop_string_is_held_back() -> None:
    stream = TextStream(("\n\n",))
    assert stream.add(b"a\n") == "a"
    assert stream.add(b"b") == "\nb"
    assert stream.add(b"\n\nc") == ""
    assert stream.stopped
