"""Further candidates over a toy model: they begin otherwise, and cost their writing alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.completion.candidates import LINE_END, opening
from echo_core.completion.prompt_tokens import prepare
from echo_core.completion.window import Window
from echo_engine.api import FinishReason, Piece
from echo_engine.heal import ByteTable
from echo_engine.openings import Openings
from echo_engine.session import Limits, Session
from echo_testing.toy_model import END, QWEN, ToyModel, ToyVocabulary

VOCABULARY = ToyVocabulary()
TABLE = ByteTable(VOCABULARY.spellings)
SIZE = len(VOCABULARY.spellings)
texts = st.text("def (x):\n éab", max_size=12)
windows = st.builds(Window, texts, texts, texts)


def run(
    on: Session, window: Window, avoid: tuple[str, ...]
) -> tuple[str, float, FinishReason, int]:
    """The text, the log-probability of its first piece, its end, and the prompt tokens it cost."""
    within = Limits(8, 1000.0, (), lambda: True, avoid)
    *said, finished = on.run(prepare(QWEN, window, VOCABULARY, 1000), within)
    pieces = [one for one in said if isinstance(one, Piece)]
    logprob = pieces[0].logprob if pieces else 0.0
    return "".join(p.text for p in pieces), logprob, finished.tokens_evaluated


def begins_as(text: str, avoided: str) -> bool:
    bare = text.lstrip(" \t\n\r\f\v")
    word = avoided[0].isalnum() or avoided[0] == "_"
    return opening(text) == avoided if word else bare.startswith(avoided)


@settings(max_examples=200)
@given(windows, st.integers(0, 30), st.booleans())
def test_each_begins_otherwise_and_costs_its_writing(
    window: Window, seed: int, same_line: bool
) -> None:
    model = ToyModel(SIZE, seed)
    on = Session(model, TABLE, frozenset({END}), lambda: 0.0)
    greedy, *_ = run(on, window, ())
    avoid: tuple[str, ...] = (LINE_END,) if same_line else ()
    other = greedy
    for _ in range(2):
        if not opening(other):
            break
        avoid = (*avoid, opening(other))
        other, logprob, evaluated = run(on, window, avoid)
        assert evaluated == 1
        assert -1000 < logprob <= 0
        assert not any(begins_as(other, one) for one in avoid if one != LINE_END and other)
        if same_line:
            blank = other[: len(other) - len(other.lstrip(" \t\n\r\f\v"))]
            assert not {"\n", "\r"} & set(blank)
        for number in range(model.sequences):
            assert on.cache.tokens(number) == model.held(number)
    assert run(on, window, ())[0] == greedy  # nothing of it stays


@pytest.mark.parametrize(
    ("written", "avoid", "refused"),
    [
        (b"foo", ["foo"], True),
        (b"  foo(", ["foo"], True),
        (b"fo", ["foo"], True),
        (b"food", ["foo"], False),
        (b"foo\xc3", ["foo"], True),  # half of a character might as well end the word
        (b"foo\xc3\xa9", ["foo"], False),
        (b"bar", ["foo"], False),
        (b"   ", ["foo"], False),
        (b"", ["foo"], False),
        (b'"a', ['"'], True),
        (b"[x", ["[]"], False),
        (b"[", ["[]"], True),
        (b"[],", ["[]"], True),
        (b"\n  x", ["foo"], False),
        (b"\n  x", ["foo", LINE_END], True),
        (b" \r", [LINE_END], True),
        (b"x\n", ["foo", LINE_END], False),
    ],
)
def test_what_is_refused(written: bytes, avoid: list[str], refused: bool) -> None:
    assert Openings(avoid).refuse(written) is refused


def test_the_first_word_decides() -> None:
    openings = Openings(["foo"])
    openings.take(b"\n  ")
    assert openings.pending
    openings.take(b" x")
    assert not openings.pending
    assert not Openings([]).pending


def test_the_log_probability_is_among_all_that_could_come() -> None:
    on = Session(ToyModel(SIZE, 3), TABLE, frozenset({END}), lambda: 0.0)
    window = Window("", "def x", "")
    greedy, first, *_ = run(on, window, ())
    _, second, *_ = run(on, window, (opening(greedy),))
    assert second < first
    assert math.exp(first) + math.exp(second) <= 1


def test_a_vocabulary_of_nothing_else_ends_the_candidate() -> None:
    spellings = [b"a", b"b", b""]
    on = Session(ToyModel(3), ByteTable(spellings), frozenset({2}), lambda: 0.0)
    ready = prepare(QWEN, Window("", "", ""), VOCABULARY, 1000)
    *said, finished = on.run(ready, Limits(8, 1000.0, (), lambda: True, ("a", "b")))
    assert finished.reason is FinishReason.END
    assert not any(isinstance(one, Piece) for one in said)
