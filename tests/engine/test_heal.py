"""Laws of token healing, over a vocabulary of bytes and a few words."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.context import Chunk, Context
from echo_core.completion.prompt_tokens import (
    CUT_TOKENS,
    TOKENS_DROPPED_MAX,
    prepare,
    tokens_dropped,
)
from echo_core.completion.window import Window
from echo_engine.heal import ByteTable, Healing
from echo_testing.toy_model import END, PREFIX_ONLY, QWEN, ToyVocabulary

VOCABULARY = ToyVocabulary()
TABLE = ByteTable(VOCABULARY.spellings)
texts = st.text("def (x):\n éab€uro_", max_size=12)
windows = st.builds(Window, texts, texts, texts)
families = st.sampled_from([QWEN, PREFIX_ONLY])


@given(st.binary(min_size=1, max_size=6))
def test_allowed_are_those_that_spell_the_rest_and_no_others(rest: bytes) -> None:
    slow = {
        token
        for token, spelling in enumerate(VOCABULARY.spellings)
        if spelling and (spelling.startswith(rest) or rest.startswith(spelling))
    }
    allowed = TABLE.allowed(rest).tolist()
    assert set(allowed) == slow
    assert len(allowed) == len(slow)


@given(st.lists(st.binary(min_size=1, max_size=3), max_size=20), st.binary(min_size=1, max_size=4))
def test_allowed_with_any_vocabulary(words: list[bytes], rest: bytes) -> None:
    slow = {
        token for token, word in enumerate(words) if word.startswith(rest) or rest.startswith(word)
    }
    assert set(ByteTable(words).allowed(rest).tolist()) == slow


@given(st.binary(min_size=1, max_size=8), st.data())
def test_whatever_is_chosen_the_dropped_bytes_come_first(
    dropped: bytes, data: st.DataObject
) -> None:
    healing = Healing(TABLE, dropped)
    spelled, beyond = b"", b""
    while not healing.done:
        assert not beyond
        token = data.draw(st.sampled_from(healing.allowed().tolist()))
        spelled += VOCABULARY.spellings[token]
        beyond = healing.take(token)
    assert spelled == dropped + beyond
    assert healing.take(65) == b"A"


@given(families, windows)
def test_prompt_and_dropped_bytes_are_the_text_before_the_cursor(
    family: object, window: Window
) -> None:
    chosen = QWEN if family is QWEN else PREFIX_ONLY
    ready = prepare(chosen, window, VOCABULARY, 10_000)
    assert ready.tokens
    marks = [token for token in ready.tokens if token in VOCABULARY.marks.values()]
    assert marks == [VOCABULARY.marks[mark.spelling] for mark in chosen.marks]
    kept = VOCABULARY.bytes_of(ready.tokens)
    before = (window.head, window.tail)
    if chosen is PREFIX_ONLY:
        assert kept + ready.dropped == "".join(before).encode()
    elif window.tail:
        assert kept + ready.dropped == (window.head + window.suffix + window.tail).encode()
    else:
        middle = window.head.encode().removesuffix(ready.dropped)
        assert kept == middle + window.suffix.encode()
    assert bool(ready.dropped) == any(before)


@pytest.mark.parametrize(
    ("tail", "dropped"),
    [
        ("", b""),
        ("def", b"def"),  # the only token
        ("(x", b"(x"),
        ("x = ab", b"ab"),
        ("x = abq", b"abq"),  # back to where the word begins
        ("x)q", b"q"),
        ("a_bqrstuvw", b"tuvw"),  # but not further than the limit
        ("x\n    ", b"   "),  # blanks are not a word
    ],
)
def test_how_far_back_the_cut_goes(tail: str, dropped: bytes) -> None:
    ready = prepare(PREFIX_ONLY, Window("", tail, ""), VOCABULARY, 100)
    assert ready.dropped == dropped


def test_an_empty_prompt_is_the_filler() -> None:
    assert prepare(PREFIX_ONLY, Window("", "", ""), VOCABULARY, 100).tokens == (END,)
    assert prepare(PREFIX_ONLY, Window("", "def", ""), VOCABULARY, 100).tokens == (END,)


@given(texts)
def test_at_least_one_token_is_dropped_and_at_most_the_limit(text: str) -> None:
    tokens = VOCABULARY.tokenise(text)
    count = tokens_dropped(tokens, VOCABULARY.spellings)
    assert min(1, len(tokens)) <= count <= min(len(tokens), TOKENS_DROPPED_MAX)


@given(
    families, st.integers(0, 400), st.integers(0, 400), st.integers(1, 400), st.integers(20, 600)
)
def test_a_long_prompt_is_cut_to_fit(
    family: object, head: int, suffix: int, tail: int, tokens_max: int
) -> None:
    chosen = QWEN if family is QWEN else PREFIX_ONLY
    window = Window("h" * head, ")" * tail, "s" * suffix)
    ready = prepare(chosen, window, VOCABULARY, tokens_max)
    assert len(ready.tokens) <= tokens_max
    # What stands at the cursor is kept for as long as there is anything else to cut.
    kept = VOCABULARY.bytes_of(ready.tokens)
    if kept.count(b")") < tail - 1:
        assert b"h" not in kept
        assert b"s" not in kept


def test_a_head_that_is_cut_stays_put_while_text_is_typed() -> None:
    def prompt(typed: int) -> tuple[int, ...]:
        window = Window("(" * 1000, ")" * (10 + typed), "")
        return prepare(PREFIX_ONLY, window, VOCABULARY, 500).tokens

    heads = {prompt(typed).count(ord("(")) for typed in range(CUT_TOKENS)}
    lengths = [len(prompt(typed)) for typed in range(CUT_TOKENS)]
    assert len(heads) == 2
    assert sum(after < before for before, after in pairwise(lengths)) <= 1


def besides(*texts: str, tokens_max: int = 1000) -> Window:
    chunks = tuple(Chunk("a", "python", text) for text in texts)
    return Window("(x", "def", "):", Context("w", "b", "python", chunks, tokens_max=tokens_max))


def test_what_is_shown_besides_is_cut_to_its_budget_from_the_oldest_on() -> None:
    whole = prepare(QWEN, besides("abc" * 10, "foo" * 10, "(x" * 10), VOCABULARY, 1000)
    text = VOCABULARY.bytes_of(whole.tokens)
    assert b"abc" * 10 in text
    cut = VOCABULARY.bytes_of(
        prepare(
            QWEN, besides("abc" * 10, "foo" * 10, "(x" * 10, tokens_max=30), VOCABULARY, 1000
        ).tokens
    )
    assert cut.endswith(b"(x" * 10 + b"\nb\n(x):")  # the mark for the suffix has no bytes
    assert b"abc" not in cut
    assert b"foo" not in cut


def test_what_is_shown_besides_goes_where_the_prompt_needs_the_room() -> None:
    plain = Window("(x" * 20, "def", "):")
    for room in (35, 40, 60):
        crowded = replace(plain, context=besides("foo" * 10).context)
        ready = prepare(QWEN, crowded, VOCABULARY, room)
        assert len(ready.tokens) <= room
        if room < 60:
            assert ready == prepare(QWEN, plain, VOCABULARY, room)
        else:
            assert len(ready.tokens) > len(prepare(QWEN, plain, VOCABULARY, room).tokens)
