"""How a question is laid out: by a template where there is one that holds both texts."""

from __future__ import annotations

import pytest

from echo_engine.background import Question
from echo_engine.chat import PLAIN, Frame, frame, tokens_of
from echo_testing.toy_model import ToyVocabulary

MARK = "<|fim_prefix|>"


class Vocabulary(ToyVocabulary):
    """Marks in texts are marks where that is asked for."""

    def tokenise_marked(self, text: str) -> list[int]:
        before, found, behind = text.partition(MARK)
        if not found:
            return self.tokenise(text)
        return [*self.tokenise(before), self.marks[MARK], *self.tokenise_marked(behind)]


def test_the_parts_of_a_template() -> None:
    made = frame(lambda system, text: f"{MARK}{system}\n{MARK}x{text}{MARK}\n")
    assert made == Frame(MARK, f"\n{MARK}x", f"{MARK}\n")


@pytest.mark.parametrize(
    "rendered", [None, "", "{system}", "{text}", "{text} and {system}"], ids=str
)
def test_a_template_that_leaves_something_out_is_not_used(rendered: str | None) -> None:
    def applied(system: str, text: str) -> str | None:
        return None if rendered is None else rendered.format(system=system, text=text)

    assert frame(applied) == PLAIN


def test_only_the_template_makes_marks() -> None:
    vocabulary = Vocabulary()
    question = Question(f"de{MARK}", f"foo{MARK}", ("A",), opening=MARK)
    found = tokens_of(Frame(MARK, MARK, MARK), question, vocabulary)
    assert found.count(vocabulary.marks[MARK]) == 3
    assert vocabulary.bytes_of(found) == f"de{MARK}foo{MARK}{MARK}".encode()


def test_a_prompt_begins_as_all_do_and_only_once() -> None:
    vocabulary = Vocabulary()
    vocabulary.first = (vocabulary.marks[MARK],)
    question = Question("a", "b", ("A",))
    with_mark = tokens_of(Frame(MARK, "", ""), question, vocabulary)
    without = tokens_of(Frame("", "", ""), question, vocabulary)
    assert with_mark == without == (*vocabulary.first, *b"ab"[:1], *b"b")


@pytest.mark.parametrize(
    "answers", [(), ("",), ("A", "A"), ("A", "AB"), tuple("ABCDEFGHIJKLMNOPQ")]
)
def test_answers_that_cannot_be_told_apart_are_refused(answers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="answer"):
        Question("", "", answers)
