"""A question in tokens, laid out as the model's own chat template has it.

Left out: the template itself (`llama` lets llama.cpp apply it), scoring (`aside`).

Rules
 - The template is applied to two signs in place of the texts. So only its own marks become special
   tokens: a text that spells a mark stays a text.
 - A model without a template, or with one that llama.cpp cannot apply or that leaves a text out,
   is asked in plain paragraphs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from echo_engine.background import Question

# Words that stand in no template. Templates strip blanks around a text, so these have none.
_SYSTEM_SIGN: Final = "echo-here-stands-who-is-asked"
_TEXT_SIGN: Final = "echo-here-stands-what-is-asked"


class ChatVocabulary(Protocol):
    """What turns texts and a template's parts into tokens."""

    @property
    def first(self) -> tuple[int, ...]:
        """The tokens that every prompt begins with: BOS, or nothing."""
        ...

    def tokenise(self, text: str) -> list[int]:
        """None of them a mark."""
        ...

    def tokenise_marked(self, text: str) -> list[int]:
        """What spells a mark becomes one."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What a template puts before the system's text, between the two, and behind the question."""

    before: str
    between: str
    behind: str


PLAIN: Final = Frame("", "\n\n", "\n\nAnswer:\n")


def frame(applied: Callable[[str, str], str | None]) -> Frame:
    """The parts of a template; `applied` renders it with a system's and a user's text."""
    rendered = applied(_SYSTEM_SIGN, _TEXT_SIGN)
    if rendered is not None:
        before, system, rest = rendered.partition(_SYSTEM_SIGN)
        between, text, behind = rest.partition(_TEXT_SIGN)
        if system and text:
            return Frame(before, between, behind)
    return PLAIN


def tokens_of(frame: Frame, question: Question, vocabulary: ChatVocabulary) -> tuple[int, ...]:
    """The prompt at whose end the model answers."""
    before = tuple(vocabulary.tokenise_marked(frame.before))
    if before[: len(vocabulary.first)] != vocabulary.first:
        before = (*vocabulary.first, *before)
    return (
        *before,
        *vocabulary.tokenise(question.system),
        *vocabulary.tokenise_marked(frame.between),
        *vocabulary.tokenise(question.text),
        *vocabulary.tokenise_marked(frame.behind),
        *vocabulary.tokenise(question.opening),
    )
