"""One completion after the other over a toy model: the cache, healing, every way to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.context import Chunk, Context
from echo_core.completion.prompt_tokens import Ready, prepare
from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_engine.api import Finished, FinishReason, Piece, Started
from echo_engine.choice import Logits
from echo_engine.heal import ByteTable
from echo_engine.session import SLICE_TOKENS, Limits, Session
from echo_testing.toy_model import END, QWEN, ToyModel, ToyVocabulary

VOCABULARY = ToyVocabulary()
TABLE = ByteTable(VOCABULARY.spellings)
SIZE = len(VOCABULARY.spellings)
texts = st.text("def (x):\n éab", max_size=12)
chunks = st.builds(Chunk, texts, st.just("python"), texts)
contexts = st.builds(
    Context, texts, texts, st.just("python"), st.lists(chunks, max_size=3).map(tuple), texts
)
windows = st.builds(Window, texts, texts, texts, contexts)


def session(model: ToyModel, steady_ms: Callable[[], float] = lambda: 0.0) -> Session:
    return Session(model, TABLE, frozenset({END}), steady_ms)


def limits(
    tokens_max: int = 12,
    *,
    stop: tuple[str, ...] = (),
    wanted: Callable[[], bool] = lambda: True,
    deadline_ms: float = 1000.0,
) -> Limits:
    return Limits(tokens_max, deadline_ms, stop, wanted)


def run(on: Session, ready: Ready, within: Limits) -> tuple[str, Finished]:
    """The whole text, and how it ended; checks what holds for every job."""
    said = list(on.run(ready, within))
    finished = said.pop()
    assert isinstance(finished, Finished)
    started = [one for one in said if isinstance(one, Started)]
    pieces = [one for one in said if isinstance(one, Piece)]
    assert [type(one) for one in said] == [Started] * len(started) + [Piece] * len(pieces)
    assert len(started) <= 1
    assert all(piece.text and -1000 < piece.logprob <= 0 for piece in pieces)
    assert sum(piece.tokens for piece in pieces) <= finished.tokens_written
    return "".join(piece.text for piece in pieces), finished


def assert_true(on: Session, model: ToyModel) -> None:
    """The bookkeeping is what the cache holds, and no cell is held that nobody needs."""
    for number in range(model.sequences):
        assert on.cache.tokens(number) == model.held(number)
    assert on.cache.cells == len(model.cells) <= model.tokens


def ready_for(window: Window) -> Ready:
    return prepare(QWEN, window, VOCABULARY, 1000)


@given(st.lists(windows, min_size=1, max_size=4), st.integers(0, 9), st.booleans())
def test_what_was_cached_changes_nothing_but_the_work(
    asked: list[Window], seed: int, partial: bool
) -> None:
    """The same text, whether the cache is empty, warm, or cannot be cut."""
    warm = session(ToyModel(SIZE, seed, partial=partial))
    for window in asked:
        ready = ready_for(window)
        cold_text, cold = run(session(ToyModel(SIZE, seed)), ready, limits())
        warm_text, finished = run(warm, ready, limits())
        assert warm_text == cold_text
        assert cold.tokens_evaluated == cold.tokens_prompt == len(ready.tokens)
        assert 1 <= finished.tokens_evaluated <= cold.tokens_evaluated
        model = warm._evaluator
        assert isinstance(model, ToyModel)
        assert_true(warm, model)


@given(windows, st.integers(0, 9))
def test_text_that_is_typed_as_proposed_is_nearly_free(window: Window, seed: int) -> None:
    on = session(ToyModel(SIZE, seed))
    tail = window.tail + ")"
    text, _ = run(on, ready_for(replace(window, tail=tail)), limits())
    for character in text[:6]:
        tail += character
        ready = ready_for(replace(window, tail=tail))
        _, finished = run(on, ready, limits())
        # One for the logits; the others where the model split the text otherwise than it is split.
        assert finished.tokens_evaluated <= 1 + len(text[:6])


@given(windows, st.integers(0, 30), st.integers(0, 9))
def test_a_job_that_is_cancelled_anywhere_leaves_a_true_cache(
    window: Window, asks: int, seed: int
) -> None:
    model = ToyModel(SIZE, seed)
    on = session(model)
    answers = iter([True] * asks)
    text, finished = run(on, ready_for(window), limits(wanted=lambda: next(answers, False)))
    whole, ended = run(session(ToyModel(SIZE, seed)), ready_for(window), limits())
    assert whole.startswith(text)
    assert_true(on, model)
    assert finished.reason in {FinishReason.CANCELLED, ended.reason}
    assert run(on, ready_for(window), limits())[0] == whole


@given(windows, st.integers(1, 12), st.integers(0, 9))
def test_a_slice_that_is_aborted_leaves_a_true_cache(
    window: Window, abort_at: int, seed: int
) -> None:
    model = ToyModel(SIZE, seed)
    model.abort_at = abort_at
    on = session(model)
    _, finished = run(on, ready_for(window), limits())
    if len(model.evaluations) == abort_at:
        assert finished.reason is FinishReason.CANCELLED
    assert_true(on, model)


@given(windows, st.integers(1, 12))
def test_a_failed_evaluation_empties_the_cache(window: Window, fail_at: int) -> None:
    model = ToyModel(SIZE)
    model.fail_at = fail_at
    on = session(model)
    try:
        run(on, ready_for(window), limits())
    except EngineError:
        assert model.cells == []
    assert_true(on, model)
    model.fail_at = None
    whole, _ = run(session(ToyModel(SIZE)), ready_for(window), limits())
    assert run(on, ready_for(window), limits())[0] == whole


@given(st.lists(st.tuples(windows, st.booleans()), max_size=6), windows, st.integers(0, 9))
def test_a_prepared_prompt_costs_one_token_and_changes_nothing(
    before: list[tuple[Window, bool]], window: Window, seed: int
) -> None:
    model = ToyModel(SIZE, seed)
    on = session(model)
    for earlier, aside in before:
        if aside:
            assert on.prepare(ready_for(earlier), lambda: True)
        else:
            run(on, ready_for(earlier), limits())
    hand = list(on.cache.tokens(on.cache.current))
    assert on.prepare(ready_for(window), lambda: True)
    assert on.cache.tokens(on.cache.current)[: len(hand)] == hand
    assert_true(on, model)
    text, finished = run(on, ready_for(window), limits())
    assert finished.tokens_evaluated == 1
    assert text == run(session(ToyModel(SIZE, seed)), ready_for(window), limits())[0]


def test_a_preparation_stops_between_slices_and_goes_on() -> None:
    model = ToyModel(SIZE)
    on = session(model)
    long = Ready(tuple([65] * (3 * SLICE_TOKENS)), b"", SLICE_TOKENS)
    asked = iter([True, False])
    assert not on.prepare(long, lambda: next(asked))
    run(on, ready_for(Window("def", "foo", "")), limits(1))
    model.evaluations.clear()
    assert on.prepare(long, lambda: True)
    assert model.evaluations == [SLICE_TOKENS, SLICE_TOKENS]
    model.abort_at = 4  # in the middle of the next one's first slice
    model.evaluations.append(0)
    assert not on.prepare(Ready(tuple([66] * 9), b"", 9), lambda: True)
    assert_true(on, model)
    assert run(on, long, limits(1))[1].tokens_evaluated == 1


def test_a_preparation_takes_no_room_from_the_gap_in_hand() -> None:
    model = ToyModel(SIZE, tokens=3 * SLICE_TOKENS)
    on = session(model)
    hand = Ready(tuple([65] * (SLICE_TOKENS + 1)), b"", 1)
    run(on, hand, limits(1))
    assert on.prepare(Ready(tuple([66] * (2 * SLICE_TOKENS)), b"", 1), lambda: True)
    assert_true(on, model)
    assert run(on, hand, limits(1))[1].tokens_evaluated == 1
    assert session(ToyModel(SIZE, partial=False)).prepare(hand, lambda: False)


def test_what_is_shown_besides_is_read_once_for_all_places() -> None:
    """Four places that share it need room for it once; a chunk more costs that chunk."""
    shared = tuple(Chunk(f"{name}.py", "python", name * 60) for name in "abc")
    more = (*shared, Chunk("d.py", "python", "d" * 60))
    model = ToyModel(SIZE, tokens=600)
    on = session(model)
    for number, chunks in enumerate([shared] * 4 + [more] * 2):
        context = Context("w", "here.py", "python", chunks)
        window = Window(f"({number}" * 8, f"def{number}", "):", context)
        ready = ready_for(window)
        alone = len(ready_for(replace(window, context=Context())).tokens)
        _, finished = run(on, ready, limits(1))
        assert_true(on, model)
        if number == 0:
            assert finished.tokens_evaluated == len(ready.tokens) > 200
        else:
            chunk_more = 60 + 8 if number == 4 else 0
            label = len("here.py\n") + 1
            assert finished.tokens_evaluated <= alone + label + chunk_more


def test_a_long_prompt_is_read_in_slices() -> None:
    model = ToyModel(SIZE)
    ready = Ready(tuple([65] * (2 * SLICE_TOKENS + 5)), b"")
    run(session(model), ready, limits(1))
    assert model.evaluations == [SLICE_TOKENS, SLICE_TOKENS, 5]


def test_the_prompt_is_given_up_between_slices() -> None:
    model = ToyModel(SIZE)
    ready = Ready(tuple([65] * (3 * SLICE_TOKENS)), b"")
    asked = iter([True, False])
    said = list(session(model).run(ready, limits(wanted=lambda: next(asked))))
    assert [type(one) for one in said] == [Finished]
    assert model.evaluations == [SLICE_TOKENS]


def test_the_deadline_ends_reading_and_writing() -> None:
    now = iter([0.0, 0.0, 5.0] + [20.0] * 9)
    ready = Ready(tuple([65] * (3 * SLICE_TOKENS)), b"")
    on = session(ToyModel(SIZE), lambda: next(now))
    _, finished = run(on, ready, limits(deadline_ms=10.0))
    assert finished.reason is FinishReason.DEADLINE
    assert finished.tokens_evaluated == 2 * SLICE_TOKENS
    assert finished.tokens_written == 0


def test_a_limit_and_a_stop_string_end_writing() -> None:
    on = session(ToyModel(SIZE, seed=3))
    ready = ready_for(Window("", "def fo", ""))
    whole, finished = run(on, ready, limits(4))
    assert finished.reason is FinishReason.LIMIT
    assert finished.tokens_written == 4
    assert len(whole) > 2
    cut, finished = run(on, ready, limits(4, stop=(whole[2],)))
    assert finished.reason is FinishReason.STOP
    assert cut == whole.partition(whole[2])[0]


def test_numbers_that_are_none_are_an_error() -> None:
    class Broken(ToyModel):
        def logits(self, back: int = 0) -> Logits:
            return super().logits(back) * np.float32("nan")

    with pytest.raises(EngineError, match="finite"):
        run(session(Broken(SIZE)), Ready((65,), b""), limits())
