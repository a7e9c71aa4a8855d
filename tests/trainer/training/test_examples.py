"""Examples for training, by laws: loss where it belongs, for every family; prompts as served."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import assume, given
from hypothesis import strategies as st

from echo_core.completion.fim import FAMILIES, Family, family_named
from echo_core.completion.prompt_tokens import prepare
from echo_core.completion.window import window_at
from echo_core.judging.checks.rejected import differs
from echo_testing.toy_model import END, ToyVocabulary
from echo_trainer.lake.cells import Texts
from echo_trainer.training.examples import Example, Unfit, end_token, example
from echo_trainer.training.preferences import preference

TOKENS_MAX = 4_000
QWEN = family_named("qwen2.5-coder")


def spellings() -> Iterator[str]:
    """Every mark of every family."""
    for family in FAMILIES:
        yield from (mark.spelling for mark in family.stop_marks)
        if family.repository is not None:
            yield from (family.repository.name.spelling, family.repository.file.spelling)


class Endings(ToyVocabulary):
    """The toy's vocabulary with the marks of all families."""

    end = END


VOCABULARY = Endings(sorted(set(spellings())))
CODE = st.text(st.sampled_from("def foo(x):\n    return €é1 "), max_size=60)


@given(st.sampled_from(FAMILIES), CODE, CODE, CODE)
def test_what_is_learned_spells_the_target_and_then_the_end(
    family: Family, prefix: str, target: str, suffix: str
) -> None:
    made = example(family, (prefix, target, suffix), VOCABULARY, TOKENS_MAX)
    assume(made is not Unfit.SPLIT_CHARACTER)
    assert isinstance(made, Example)
    learned = made.learned_tokens
    assert learned[-1] == end_token(family, VOCABULARY) == made.tokens[-1]
    spelled = VOCABULARY.bytes_of(learned[:-1])
    # The first learned token may begin with bytes that stand before the cursor.
    assert spelled.endswith(target.encode())
    before = spelled[: len(spelled) - len(target.encode())]
    assert prefix.encode().endswith(before)
    first = VOCABULARY.spellings[learned[0]] if target else b""
    assert len(before) < max(1, len(first))


@given(st.sampled_from(FAMILIES), CODE, CODE, CODE)
def test_what_is_not_learned_is_the_served_prompt_and_the_text_up_to_the_cursor(
    family: Family, prefix: str, target: str, suffix: str
) -> None:
    made = example(family, (prefix, target, suffix), VOCABULARY, TOKENS_MAX)
    served = prepare(family, window_at(prefix + suffix, len(prefix)), VOCABULARY, TOKENS_MAX)
    if made is Unfit.SPLIT_CHARACTER:
        assert "\ufffd" in served.dropped.decode("utf-8", "replace")
        return
    assert isinstance(made, Example)
    assert made.tokens[: len(served.tokens)] == served.tokens
    rest = made.tokens[len(served.tokens) : -1]
    assert VOCABULARY.bytes_of(rest) == served.dropped + target.encode()
    assert not any(made.learned[: len(served.tokens)])
    # Nothing is learned again behind something that is not.
    assert sorted(made.learned) == list(made.learned)


def test_a_void_sample_is_its_end_alone() -> None:
    made = example(QWEN, ("total = ", "", "\n"), VOCABULARY, TOKENS_MAX)
    assert isinstance(made, Example)
    assert made.learned_tokens == (VOCABULARY.mark("<|endoftext|>"),)


def test_a_target_that_leaves_no_room_for_its_context_is_left_out() -> None:
    assert example(QWEN, ("a", "x" * 90, "b"), VOCABULARY, 100) is Unfit.TOO_LONG


def test_a_family_without_an_end_of_its_own_takes_the_vocabularys() -> None:
    assert end_token(family_named("starcoder2"), VOCABULARY) == END


@given(st.sampled_from(FAMILIES), CODE, CODE, CODE, st.integers(8, 120))
def test_an_example_is_never_longer_than_its_room(
    family: Family, prefix: str, target: str, suffix: str, tokens_max: int
) -> None:
    made = example(family, (prefix, target, suffix), VOCABULARY, tokens_max)
    if isinstance(made, Example):
        assert len(made.tokens) <= tokens_max
        learned = VOCABULARY.bytes_of(made.learned_tokens[:-1])
        assert learned.endswith(target.encode())
    elif made is Unfit.TOO_LONG:
        # Nothing is left out that would leave half of the room to its context.
        assert len(VOCABULARY.tokenise(target)) + 1 > tokens_max // 2 - 24


# --- preferences --------------------------------------------------------------------------------


@given(st.sampled_from(FAMILIES), CODE, CODE, CODE, CODE)
def test_a_preference_is_two_texts_behind_the_served_prompt(
    family: Family, prefix: str, target: str, rejected: str, suffix: str
) -> None:
    assume(differs(target, rejected))
    texts = Texts(prefix, target, suffix, rejected)
    made = preference(family, texts, VOCABULARY, TOKENS_MAX)
    assume(made is not Unfit.SPLIT_CHARACTER)
    assert not isinstance(made, Unfit)
    served = prepare(family, window_at(prefix + suffix, len(prefix)), VOCABULARY, TOKENS_MAX)
    prompt = len(served.tokens)
    alone = example(family, (prefix, target, suffix), VOCABULARY, TOKENS_MAX)
    assert isinstance(alone, Example)
    assert made[0].tokens == alone.tokens  # the end included
    assert made[1].tokens[:prompt] == served.tokens
    spelled = VOCABULARY.bytes_of(made[1].tokens[prompt:])
    assert spelled == served.dropped + rejected.encode()  # no end behind it
    for one, other in (made, made[::-1]):
        first = one.learned.index(True)
        assert all(one.learned[first:])
        # What is not learned stands in both, or before the cursor; where they part, all is.
        same = one.tokens[:first] == other.tokens[:first]
        assert same or len(VOCABULARY.bytes_of(one.tokens[prompt:first])) <= len(served.dropped)


def test_a_preference_for_silence_is_its_end_alone() -> None:
    made = preference(QWEN, Texts("total = ", "", "\n", "sum(xs)"), VOCABULARY, TOKENS_MAX)
    assert not isinstance(made, Unfit)
    assert made[0].learned_tokens == (VOCABULARY.mark("<|endoftext|>"),)
    assert VOCABULARY.bytes_of(made[1].learned_tokens) == b"sum(xs)"


def test_what_both_texts_begin_with_is_not_learned() -> None:
    texts = Texts("total = ", "sum(xs, 1)", "\n", "sum(xs) + 1")
    made = preference(QWEN, texts, VOCABULARY, TOKENS_MAX)
    assert not isinstance(made, Unfit)
    kept, rejected = (VOCABULARY.bytes_of(each.learned_tokens) for each in made)
    assert (kept, rejected) == (b", 1)", b") + 1")
    assert preference(QWEN, Texts("a", "b", "c", "x" * 90), VOCABULARY, 100) is Unfit.TOO_LONG
