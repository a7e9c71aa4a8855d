"""`echo_core.completion.context`: what gets into a ring, what of it is shown, and how it is cut."""

from __future__ import annotations

import pytest

from echo_core.completion.context import (
    NO_CONTEXT,
    Chunk,
    Context,
    Ring,
    chunk_at,
    comment,
    context_at,
    likeness,
)
from echo_core.text.document import split_lines


def chunk(*words: str, label: str = "a.py") -> Chunk:
    return Chunk(label, "python", "\n".join(words))


ALPHA = chunk("alpha = 1", "beta = 2", "gamma = 3", "delta = 4")
ALPHA_LATER = chunk("alpha = 1", "beta = 2", "gamma = 3", "delta = four")
OMEGA = chunk("omega()", "psi()", "chi()", label="b.py")
HERE = Context("echo", "a.py", "python")


def test_a_ring_grows_at_its_end() -> None:
    ring = Ring(1000).added(ALPHA).added(OMEGA)
    assert ring.chunks == (ALPHA, OMEGA)


def test_what_is_nearly_there_is_refused() -> None:
    ring = Ring(1000).added(ALPHA).added(OMEGA)
    assert likeness(ALPHA, chunk(*ALPHA.text.split("\n"), label="copy.py")) == 1.0
    assert ring.added(chunk(*ALPHA.text.split("\n"), label="copy.py")) is ring


def test_the_same_place_in_a_later_state_takes_the_last_place_or_comes_last() -> None:
    assert 0.5 <= likeness(ALPHA, ALPHA_LATER) < 0.9
    assert Ring(1000).added(ALPHA).added(ALPHA_LATER).chunks == (ALPHA_LATER,)
    ring = Ring(1000).added(ALPHA).added(OMEGA).added(ALPHA_LATER)
    assert ring.chunks == (ALPHA, OMEGA, ALPHA_LATER)


def test_what_is_full_loses_its_older_half() -> None:
    room = 2 * (len(ALPHA.text) + len(OMEGA.text))
    ring = Ring(room, (chunk("x" * (room - len(ALPHA.text))), ALPHA))
    assert ring.added(OMEGA).chunks == (ALPHA, OMEGA)


def test_what_is_full_loses_earlier_states_of_a_place() -> None:
    room = 2 * (len(ALPHA_LATER.text) + len(OMEGA.text))
    old = chunk("x" * (room - len(ALPHA.text) - len(OMEGA.text)))
    assert Ring(room, (old, ALPHA, OMEGA)).added(ALPHA_LATER).chunks == (OMEGA, ALPHA_LATER)
    small, longer = chunk("b()", label="b.py"), chunk(*[ALPHA.text] * 4)
    tight = len(longer.text) + len(small.text) + len(ALPHA_LATER.text) - 1
    assert Ring(tight, (longer, small)).added(ALPHA_LATER).chunks == (small, ALPHA_LATER)
    tight = len(ALPHA.text) + len(OMEGA.text) + len(ALPHA_LATER.text) - 1
    assert Ring(tight, (ALPHA, OMEGA)).added(ALPHA_LATER).chunks == (ALPHA_LATER,)
    assert Ring(tight, (ALPHA,)).added(OMEGA).added(chunk("y" * 60)).chunks[0] != ALPHA


def test_what_does_not_fit_at_all_is_refused() -> None:
    ring = Ring(10)
    assert ring.added(ALPHA) is ring
    assert ring.added(chunk("")) is ring


def test_words_make_two_chunks_alike() -> None:
    assert likeness(chunk("a b c d"), chunk("a b c d")) == 1.0
    assert likeness(chunk("a b c d"), chunk("e f")) == 0.0
    assert likeness(chunk("--"), chunk("--")) == 1.0
    assert likeness(chunk("--"), chunk("++")) == 0.0


LINES = "".join(f"line {number} of the text\n" for number in range(100))


@pytest.mark.parametrize("offset", [0, 1, 22, 1000, len(LINES) - 1, len(LINES)])
def test_a_chunk_is_whole_lines_around_its_place(offset: int) -> None:
    found = chunk_at(LINES, offset, 300)
    assert 200 < len(found) <= 300
    assert f"{found}\n" in LINES
    assert set(split_lines(found)) <= set(split_lines(LINES))
    at = LINES.index(found)
    assert at - 1 <= offset <= at + len(found) + 1


def test_a_chunk_has_no_blank_ends_and_something_to_tell() -> None:
    assert chunk_at("\n\na\nb  \n\nc\n\n\n", 4) == "a\nb\n\nc"
    assert chunk_at("\n\na\nb\n\n", 4) == ""
    assert chunk_at("", 0) == ""
    assert chunk_at("x" * 5000, 2500) == ""


def test_what_the_window_shows_itself_is_left_out() -> None:
    ring = Ring(1000).added(ALPHA).added(OMEGA)
    assert context_at(ring, HERE, "", "unlike").chunks == (ALPHA, OMEGA)
    assert context_at(ring, HERE, "", f"zero\n  {ALPHA.text}\n").chunks == (OMEGA,)
    # Of another file: a line that both have says nothing.
    elsewhere = context_at(ring, Context("echo", "c.py", "python"), "", ALPHA.text)
    assert elsewhere.chunks == (ALPHA, OMEGA)


def test_nothing_to_tell_is_no_context() -> None:
    assert context_at(Ring(1000), HERE, "", "x") is NO_CONTEXT
    assert context_at(Ring(1000), HERE, "import os", "x").outline == "import os"


def test_a_context_is_cut_by_halves() -> None:
    context = Context("echo", "c.py", "python", (ALPHA, OMEGA, ALPHA_LATER), "import os")
    assert context.shorter().chunks == (ALPHA_LATER,)
    assert context.shorter().shorter().chunks == ()
    assert context.shorter().shorter().outline == "import os"
    assert context.shorter().shorter().shorter() is NO_CONTEXT


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("python", "# a"),
        ("rust", "// a"),
        ("unheard", "// a"),
        ("lua", "-- a"),
        ("html", "<!-- a -->"),
        ("css", "/* a */"),
    ],
)
def test_comments_are_those_of_the_language(language: str, expected: str) -> None:
    assert comment(language, "a") == expected
