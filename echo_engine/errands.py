"""Background commands as work in the lanes: which tokens a question, a target or a draft is.

Left out: the lanes (`aside`), when an errand is run (`mailbox`).

Rules
 - A window has the prompt that a completion has there, cut the same way where it is too long.
 - A target's tokens are those of the bytes that the prompt dropped and the target together, as a
   vocabulary splits them, so that a word begun before the cursor is one word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from echo_core.completion.fim import Family
from echo_core.completion.prompt_tokens import Ready, Vocabulary, prepare
from echo_core.completion.window import Window
from echo_core.errors import EngineError
from echo_engine.aside import Aside
from echo_engine.background import Likelihood, Question
from echo_engine.chat import ChatVocabulary, Frame, tokens_of
from echo_engine.mailbox import BackgroundWork
from echo_engine.protocol import Answered, Ask, Composed, Weigh, Weighed

# Room that is left behind a prompt for a target, whatever it is, so that the prompts of several
# targets are cut alike.
TARGET_TOKENS: Final = 512
_NO_SPELLING: Final = "The model's vocabulary cannot spell this text."


class ErrandVocabulary(Vocabulary, ChatVocabulary, Protocol):
    """What both kinds of prompts need."""


class Errands:
    """What is asked of a loaded model in the background."""

    def __init__(
        self, family: Family, vocabulary: ErrandVocabulary, frame: Frame, aside: Aside
    ) -> None:
        """`frame` is the model's chat template."""
        self._family = family
        self._vocabulary = vocabulary
        self._frame = frame
        self._aside = aside

    def run(
        self, work: BackgroundWork, wanted: Callable[[], bool]
    ) -> Answered | Weighed | Composed:
        """The reply to `work`.

        Raises:
            Stopped: `wanted` was false before it was done.
            TooLongError: it does not fit into the lanes.
            EngineError, ModelError: it could not be evaluated.
        """
        if isinstance(work, Ask):
            prompt, answers = self._asked(work.question)
            return Answered(work.id, self._aside.ask(prompt, answers, wanted))
        if isinstance(work, Weigh):
            ready, silence, target = self._weighed(work.likelihood)
            return Weighed(work.id, self._aside.weigh(ready, silence, target, wanted))
        ready = self._ready(work.draft.window)
        return Composed(work.id, self._aside.draft(ready, work.draft, wanted))

    def _asked(self, question: Question) -> tuple[Sequence[int], list[list[int]]]:
        prompt = tokens_of(self._frame, question, self._vocabulary)
        return prompt, [self._vocabulary.tokenise(answer) for answer in question.answers]

    def _weighed(self, likelihood: Likelihood) -> tuple[Ready, list[int], list[int]]:
        ready = self._ready(likelihood.window)
        return (
            ready,
            spelled(ready.dropped, self._vocabulary),
            spelled(ready.dropped + likelihood.target.encode("utf-8", "replace"), self._vocabulary),
        )

    def _ready(self, window: Window) -> Ready:
        return prepare(self._family, window, self._vocabulary, self._aside.room(TARGET_TOKENS))


def spelled(data: bytes, vocabulary: Vocabulary) -> list[int]:
    """The tokens of `data`, which may begin in the middle of a character.

    Raises:
        EngineError: there is no token for a part of a character.
    """
    start = next((at for at, byte in enumerate(data) if byte & 0xC0 != 0x80), len(data))
    parts = [bytes([byte]) for byte in data[:start]]
    tokens = [_token(part, vocabulary) for part in parts]
    return [*tokens, *vocabulary.tokenise(data[start:].decode("utf-8", "replace"))]


def _token(part: bytes, vocabulary: Vocabulary) -> int:
    try:
        return vocabulary.spellings.index(part)
    except ValueError as error:
        raise EngineError(_NO_SPELLING) from error
