"""Drafts change how much is evaluated at once, and never what is written."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.prompt_tokens import prepare
from echo_core.completion.window import Window
from echo_engine.api import Finished, Piece
from echo_engine.draft import DRAFT_TOKENS_MAX, MATCH_TOKENS_MAX, Gate, Lookup
from echo_engine.heal import ByteTable
from echo_engine.session import Limits, Session
from echo_testing.toy_model import END, QWEN, ToyModel, ToyVocabulary

VOCABULARY = ToyVocabulary()
TABLE = ByteTable(VOCABULARY.spellings)
SIZE = len(VOCABULARY.spellings)
texts = st.text("def (x):\n éab", max_size=12)
windows = st.builds(Window, texts, texts, texts)
tokens = st.lists(st.integers(0, 3), max_size=30)


def write(
    on: Session, window: Window, tokens_max: int, stop: tuple[str, ...] = (), asks: int = 10_000
) -> tuple[str, Finished]:
    answers = iter([True] * asks)
    limits = Limits(tokens_max, 1000.0, stop, lambda: next(answers, False))
    said = list(on.run(prepare(QWEN, window, VOCABULARY, 1000), limits))
    assert isinstance(said[-1], Finished)
    return "".join(one.text for one in said if isinstance(one, Piece)), said[-1]


def session(model: ToyModel, *, drafting: bool) -> Session:
    return Session(model, TABLE, frozenset({END}), lambda: 0.0, drafting=drafting)


@given(
    st.lists(windows, min_size=1, max_size=3),
    st.integers(0, 20),
    st.integers(1, 3),
    st.integers(1, 60),
    st.sampled_from([(), ("x",), ("e(",)]),
)
def test_the_text_is_the_same_with_drafts_and_without(
    asked: list[Window], seed: int, memory: int, tokens_max: int, stop: tuple[str, ...]
) -> None:
    model = ToyModel(SIZE, seed, memory=memory)
    on = session(model, drafting=True)
    off = session(ToyModel(SIZE, seed, memory=memory), drafting=False)
    for window in asked:
        text, finished = write(on, window, tokens_max, stop)
        plain, without = write(off, window, tokens_max, stop)
        assert text == plain
        assert (finished.reason, finished.tokens_written) == (
            without.reason,
            without.tokens_written,
        )
        assert 0 <= finished.tokens_accepted <= finished.tokens_drafted
        assert without.tokens_drafted == 0
        assert on.cache.tokens(on.cache.current) == model.held(on.cache.current)
        assert on.cache.tokens(on.cache.current) == off.cache.tokens(off.cache.current)


@given(windows, st.integers(0, 9), st.integers(0, 60), st.integers(1, 40))
def test_a_draft_that_is_cancelled_or_aborted_leaves_a_true_cache(
    window: Window, seed: int, asks: int, abort_at: int
) -> None:
    model = ToyModel(SIZE, seed, memory=1)
    model.abort_at = abort_at
    on = session(model, drafting=True)
    text, _ = write(on, window, 40, asks=asks)
    assert on.cache.tokens(0) == model.held(0)
    whole, _ = write(session(ToyModel(SIZE, seed, memory=1), drafting=False), window, 40)
    assert whole.startswith(text)


def test_what_repeats_itself_is_written_in_fewer_evaluations() -> None:
    """A model that only looks at the last token soon goes round in a circle."""
    fewer = 0
    for seed in range(12):
        counts = []
        for drafting in (True, False):
            model = ToyModel(SIZE, seed, memory=1)
            _, finished = write(session(model, drafting=drafting), Window("", "def", ""), 80)
            counts.append(len(model.evaluations))
            assert finished.tokens_accepted > 0 or not drafting or finished.tokens_written < 80
        fewer += counts[0] < counts[1] * 0.6
    assert fewer >= 3


def test_a_model_that_cannot_be_cut_is_given_no_drafts() -> None:
    model = ToyModel(SIZE, 3, memory=1, partial=False)
    _, finished = write(session(model, drafting=True), Window("", "def", ""), 80)
    assert finished.tokens_drafted == 0


@given(tokens)
def test_a_match_is_the_longest_and_what_followed_it(text: list[int]) -> None:
    match, followed = Lookup(text).find()
    brute = longest(text)
    assert match == brute
    if match:
        needle = [*text[-match:], *followed]
        assert any(text[at : at + len(needle)] == needle for at in range(len(text) - match))
    assert len(followed) <= DRAFT_TOKENS_MAX


def longest(text: Sequence[int]) -> int:
    """The longest end, from two tokens on, that stands earlier and is followed by something."""
    for length in range(min(MATCH_TOKENS_MAX, len(text) - 1), 1, -1):
        if any(text[at : at + length] == text[-length:] for at in range(len(text) - length)):
            return length
    return 0


def test_drafts_end_where_they_do_not_pay_and_are_tried_again() -> None:
    gate = Gate()
    first = gate.length(4, 8)
    assert first > 0
    assert gate.length(1, 8) == 0
    assert gate.length(4, 0) == 0
    drafts = 0
    while gate.length(4, 8):
        gate.learn(4, 1, 0)
        drafts += 1
    assert 1 <= drafts < 20
    refused = 0
    while not gate.length(4, 8):
        refused += 1
    assert 10 < refused < 1000


def test_what_is_kept_and_cheap_makes_drafts_longer() -> None:
    gate = Gate()
    before = gate.length(3, 8)
    for _ in range(50):
        gate.learn(3, 8, 8)
    longer = gate.length(3, 8)
    assert before < longer
    gate.took(1, 10.0)
    for count in range(2, DRAFT_TOKENS_MAX + 2):
        for _ in range(50):
            gate.took(count, 10.0)
    assert gate.length(3, 8) == DRAFT_TOKENS_MAX
    for count in range(2, DRAFT_TOKENS_MAX + 2):
        for _ in range(50):
            gate.took(count, 10.0 * count * 2)
    assert gate.length(3, 8) == 0
