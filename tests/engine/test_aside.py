"""Background work over a toy model: its numbers, and lanes that are true at every exit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.completion.prompt_tokens import Ready, prepare
from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_engine.api import Piece
from echo_engine.aside import LOGPROB_MIN, SCORE_TOKENS, Aside, Stopped, TooLongError
from echo_engine.background import Answers, Draft, Likely
from echo_engine.errands import spelled
from echo_engine.heal import ByteTable, Healing
from echo_engine.kv import Table
from echo_engine.session import Limits, Session
from echo_testing.toy_model import END, QWEN, ToyModel, ToyVocabulary

VOCABULARY = ToyVocabulary()
TABLE = ByteTable(VOCABULARY.spellings)
SIZE = len(VOCABULARY.spellings)
CELLS = 200
LANES = (4, 5)
texts = st.text("def (x):\n éab", max_size=12)
windows = st.builds(Window, texts, texts, texts)


def always() -> bool:
    return True


def toy(seed: int = 0, memory: int = 0) -> ToyModel:
    return ToyModel(SIZE, seed, aside=2, memory=memory)


def aside(model: ToyModel, cells_max: int = CELLS, completions: Table | None = None) -> Aside:
    return Aside(
        model,
        TABLE,
        frozenset({END}),
        lambda: 0.0,
        sequences=LANES,
        completions=completions or Table(model.sequences, model.tokens),
        cells_max=cells_max,
    )


def ready_of(window: Window) -> Ready:
    return prepare(QWEN, window, VOCABULARY, CELLS)


def weighed(
    lanes: Aside, window: Window, target: str, wanted: Callable[[], bool] = always
) -> Likely:
    ready = ready_of(window)
    silence = spelled(ready.dropped, VOCABULARY)
    tokens = spelled(ready.dropped + target.encode(), VOCABULARY)
    return lanes.weigh(ready, silence, tokens, wanted)


def tokens(text: str) -> list[int]:
    return VOCABULARY.tokenise(text)


def logprobs(
    seed: int, before: Sequence[int], among: Sequence[int] | None = None
) -> dict[int, float]:
    """What the toy holds of each next token, in a model of its own."""
    model = ToyModel(SIZE, seed)
    model.evaluate(0, 0, before)
    logits = model.logits().astype(np.float64)
    ids = range(SIZE) if among is None else among
    total = np.log(sum(np.exp(logits[one]) for one in ids))
    return {one: float(logits[one] - total) for one in ids}


def path(seed: int, ready: Ready, behind: Sequence[int]) -> tuple[float, float, int, float]:
    """Log-probabilities of tokens: of those that only spell, that write (and how many), the end."""
    healing, given_, written, count = Healing(TABLE, ready.dropped), 0.0, 0.0, 0
    before = list(ready.tokens)
    for token in behind:
        among = None if healing.done else [int(one) for one in healing.allowed()]
        logprob = logprobs(seed, before, among)[token]
        if healing.take(token):
            written, count = written + logprob, count + 1
        else:
            given_ += logprob
        before.append(token)
    return given_, written, count, logprobs(seed, before)[END]


@settings(max_examples=60)
@given(windows, texts, st.integers(0, 9))
def test_a_target_has_the_probability_that_the_model_gives_its_tokens(
    window: Window, target: str, seed: int
) -> None:
    found = weighed(aside(toy(seed)), window, target)
    ready = ready_of(window)
    given_, _, _, void_end = path(seed, ready, spelled(ready.dropped, VOCABULARY))
    _, written, count, end = path(seed, ready, spelled(ready.dropped + target.encode(), VOCABULARY))
    assert found.logprob == pytest.approx(written, abs=1e-3)
    assert found.tokens == count
    assert found.void_logprob == pytest.approx(given_ + void_end, abs=1e-3)
    assert found.end_logprob == pytest.approx(end, abs=1e-3)
    assert (found.tokens > 0) == bool(target)
    assert found.perplexity >= 1.0


def test_a_long_target_is_scored_in_parts() -> None:
    model = toy()
    target = "de" * (2 * SCORE_TOKENS + 3)
    found = weighed(aside(model), Window("def f(", "x", ""), target)
    ready = ready_of(Window("def f(", "x", ""))
    expected = path(0, ready, spelled(ready.dropped + target.encode(), VOCABULARY))
    assert found.logprob == pytest.approx(expected[1], abs=1e-3)
    assert max(model.evaluations) <= SCORE_TOKENS * 2
    assert found.perplexity > 1.0


@settings(max_examples=40)
@given(st.lists(texts.filter(bool), min_size=1, max_size=4), st.integers(0, 9))
def test_an_answer_has_the_probability_of_all_its_tokens(answers: list[str], seed: int) -> None:
    prompt = tokens("def foo(x):\n")
    model = toy(seed)
    lanes = aside(model)
    asked = [tokens(answer) for answer in answers]
    for _ in range(2):  # whatever the lanes hold
        found = lanes.ask(prompt, asked, always)
        for logprob, answer in zip(found.logprobs, asked, strict=True):
            before, total = list(prompt), 0.0
            for token in answer:
                total += logprobs(seed, before)[token]
                before.append(token)
            assert logprob == pytest.approx(max(LOGPROB_MIN, total), abs=1e-3)
        assert model.held(LANES[0]) == prompt
    assert sum(found.shares) == pytest.approx(1.0)


def test_one_token_answers_cost_one_evaluation_of_the_prompt() -> None:
    model = toy()
    lanes = aside(model)
    found = lanes.ask(tokens("def foo(x):"), [tokens("a"), tokens("x")], always)
    assert found.tokens_evaluated == found.tokens_prompt == len(tokens("def foo(x):"))
    again = lanes.ask(tokens("def foo(x)"), [tokens("a"), tokens("x")], always)
    assert again.tokens_evaluated < again.tokens_prompt
    same = lanes.ask(tokens("def foo(x)"), [tokens("a"), tokens("x")], always)
    assert same.tokens_evaluated == 1
    assert same.logprobs == again.logprobs


@settings(max_examples=40)
@given(windows, st.integers(0, 9), st.integers(1, 12))
def test_a_draft_is_what_a_completion_would_be(window: Window, seed: int, count: int) -> None:
    ready = ready_of(window)
    session = Session(ToyModel(SIZE, seed, memory=2), TABLE, frozenset({END}), lambda: 0.0)
    said = list(session.run(ready, Limits(count, 1e9, ("\n",), always)))
    text = "".join(one.text for one in said if isinstance(one, Piece))
    drafted = aside(toy(seed, memory=2)).draft(ready, Draft(window, count, ("\n",)), always)
    assert drafted.text == text
    assert drafted.logprob <= 0.0


def test_the_lanes_leave_the_sequences_of_completions_alone() -> None:
    model = toy()
    session = Session(model, TABLE, frozenset({END}), lambda: 0.0)
    list(session.run(ready_of(Window("def f", "oo", "")), Limits(4, 1e9, (), always)))
    before = [model.held(number) for number in range(4)]
    lanes = aside(model)
    lanes.ask(tokens("a question"), [tokens("a")], always)
    weighed(lanes, Window("def f", "oo", ""), "(x)")
    assert [model.held(number) for number in range(4)] == before
    assert all(model.held(number) for number in LANES)


@settings(deadline=None, max_examples=40)
@given(st.lists(windows, min_size=1, max_size=4), windows, texts, st.integers(0, 9))
def test_what_a_completion_has_read_is_shared_and_changes_no_number(
    before: list[Window], window: Window, target: str, seed: int
) -> None:
    model = toy(seed)
    session = Session(model, TABLE, frozenset({END}), lambda: 0.0)
    lanes = aside(model, completions=session.cache)
    for one in (*before, window):
        list(session.run(ready_of(one), Limits(4, 1e9, (), always)))
        held = [model.held(number) for number in range(4)]
        found, alone = weighed(lanes, one, target), weighed(aside(toy(seed)), one, target)
        assert (found.logprob, found.void_logprob) == (alone.logprob, alone.void_logprob)
        assert [model.held(number) for number in range(4)] == held
        ready = ready_of(one)
        behind = spelled(ready.dropped + target.encode(), VOCABULARY)
        silence = spelled(ready.dropped, VOCABULARY)
        # The last token of the prompt and what is scored, once or (two texts) twice.
        assert found.tokens_evaluated <= len(silence) + len(behind) + 2
        assert model.held(LANES[1])[: len(ready.tokens)] == list(ready.tokens)


def test_what_is_shared_counts_in_the_lanes_and_outlives_the_completion() -> None:
    model = toy()
    session = Session(model, TABLE, frozenset({END}), lambda: 0.0)
    lanes = aside(model, cells_max=60, completions=session.cache)
    lanes.ask(tokens("def " * 10), [tokens("a")], always)
    window = Window("def foo(x):\n" * 8, "", "")
    list(session.run(ready_of(window), Limits(2, 1e9, (), always)))
    found = weighed(lanes, window, "(x)")
    assert found.tokens_evaluated < found.tokens_prompt
    assert len(model.held(LANES[0])) == 0
    assert 0 < len(model.held(LANES[1])) <= 60
    for number in range(4):
        model.forget(number, 0)
        session.cache.cut(number, 0)
    assert weighed(lanes, window, "(x)").logprob == found.logprob
    long = ready_of(Window("y" * 100, "", "")).tokens
    list(session.run(Ready(long, b""), Limits(2, 1e9, (), always)))
    with pytest.raises(TooLongError):
        lanes.ask(long, [tokens("a")], always)
    assert sum(len(model.held(number)) for number in LANES) <= 60


def test_what_is_stopped_goes_on_where_it_was() -> None:
    model = toy()
    lanes = aside(model)
    prompt = tokens("ab" * 80)
    for _ in range(2):
        turns = iter([True])
        with pytest.raises(Stopped):
            lanes.ask(prompt, [tokens("a")], lambda turns=turns: next(turns, False))
    read = len(model.held(LANES[0]))
    assert 0 < read < len(prompt)
    model.abort_at = len(model.evaluations) + 1
    with pytest.raises(Stopped):
        lanes.ask(prompt, [tokens("a")], always)
    assert len(model.held(LANES[0])) == read
    found = lanes.ask(prompt, [tokens("a")], always)
    assert found.tokens_evaluated == len(prompt) - read
    assert found.logprobs == aside(toy()).ask(prompt, [tokens("a")], always).logprobs


def test_a_model_that_cannot_be_evaluated_leaves_empty_lanes() -> None:
    model = toy()
    lanes = aside(model)
    expected = lanes.ask(tokens("abc"), [tokens("a")], always)
    model.fail_at = len(model.evaluations) + 1
    with pytest.raises(EngineError):
        lanes.ask(tokens("abcd"), [tokens("a")], always)
    assert not any(model.held(number) for number in LANES)
    assert lanes.ask(tokens("abc"), [tokens("a")], always).logprobs == expected.logprobs


def test_the_lanes_are_bounded_together() -> None:
    model = toy()
    lanes = aside(model, cells_max=60)
    lanes.ask(tokens("def " * 10), [tokens("a")], always)
    asked = len(model.held(LANES[0]))
    assert asked
    weighed(lanes, Window("def foo(x):\n" * 8, "", ""), "")
    assert len(model.held(LANES[0])) == 0
    assert 0 < len(model.held(LANES[1])) <= 60
    with pytest.raises(TooLongError):
        lanes.ask(tokens("y" * 100), [tokens("a")], always)
    assert len(model.held(LANES[0])) <= 60
    found = lanes.ask(tokens("def " * 10), [tokens("a")], always)
    assert found.tokens_prompt == asked


@pytest.mark.parametrize("text", ["", "é", "x€uro", "€"])
def test_bytes_that_begin_inside_a_character_are_spelled(text: str) -> None:
    for start in range(len(text.encode())):
        data = text.encode()[start:]
        assert VOCABULARY.bytes_of(spelled(data, VOCABULARY)) == data


def test_a_part_of_a_character_for_which_there_is_no_token() -> None:
    vocabulary = ToyVocabulary()
    vocabulary.spellings = [b"" if one == b"\x82" else one for one in vocabulary.spellings]
    with pytest.raises(EngineError, match="cannot spell"):
        spelled(b"\x82\xac", vocabulary)


def test_numbers_that_are_none_are_an_error() -> None:
    class Broken(ToyModel):
        def logits(self, back: int = 0) -> np.ndarray:  # type: ignore[type-arg]
            return np.full(self.size, np.nan, dtype=np.float32)

    with pytest.raises(EngineError, match="not finite"):
        aside(Broken(SIZE, aside=2)).ask(tokens("ab"), [tokens("a")], always)


def test_answers_share_what_is_left_among_them() -> None:
    found = Answers((-1.0, -1.0, LOGPROB_MIN), 1, 1, 0.0)
    assert found.shares == pytest.approx((0.5, 0.5, 0.0))
