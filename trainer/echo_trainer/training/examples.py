"""A sample as tokens: the prompt exactly as it is served, then what was kept, then the end.

Serving drops the last tokens before the cursor and has the model spell them again (token healing,
docs/adr/0005). So a model is taught on the same cut: the dropped bytes are spelled by tokens that
carry no loss, unless they also spell a byte of the target.

Left out: tokenisers (`bases`), which samples, batches.

Rules
 - The loss is on the target and on the end that follows it, and on nothing else.
 - A void sample is the end alone: silence is taught as an answer.
 - What does not fit into the context is left out, with a reason; nothing of a target is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from echo_core.completion.fim import Family
from echo_core.completion.prompt_tokens import Ready, Vocabulary, prepare
from echo_core.completion.window import window_at

_TRIES: Final = 3  # a shorter prompt loses its beginning, seldom what is dropped at its end


class Ending(Vocabulary, Protocol):
    """A vocabulary that also says how writing ends."""

    @property
    def end(self) -> int:
        """The token that ends a text, where the family has none of its own."""
        ...


class Unfit(StrEnum):
    """Why a sample is not learned from."""

    TOO_LONG = "target_too_long"
    SPLIT_CHARACTER = "cut_inside_a_character"


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids, and for each whether it is learned (shape of both: [tokens])."""

    tokens: tuple[int, ...]
    learned: tuple[bool, ...]

    @property
    def learned_tokens(self) -> tuple[int, ...]:
        """The tokens that carry loss."""
        pairs = zip(self.tokens, self.learned, strict=True)
        return tuple(token for token, is_learned in pairs if is_learned)


def end_token(family: Family, vocabulary: Ending) -> int:
    """What ends a filled gap."""
    own = None if family.end is None else vocabulary.mark(family.end.spelling)
    return vocabulary.end if own is None else own


def example(
    family: Family,
    texts: tuple[str, str, str],
    vocabulary: Ending,
    tokens_max: int,
) -> Example | Unfit:
    """Prefix, target and suffix as `family` reads and writes them.

    Args:
        texts: prefix, target and suffix of a sample.
        tokens_max: room for prompt and target together.

    Raises:
        ModelError: the vocabulary lacks a mark of the family.
    """
    prefix, target, suffix = texts
    end = end_token(family, vocabulary)
    found = spelled(family, (prefix, suffix), (target,), vocabulary, tokens_max)
    return found if isinstance(found, Unfit) else labelled(found, 0, vocabulary, end)


@dataclass(frozen=True, slots=True)
class Spelled:
    """A prompt, and the tokens of each text that may follow it."""

    ready: Ready
    texts: tuple[tuple[int, ...], ...]


def spelled(
    family: Family,
    around: tuple[str, str],
    texts: Sequence[str],
    vocabulary: Vocabulary,
    tokens_max: int,
) -> Spelled | Unfit:
    """The one prompt `around` the cursor that leaves room for each of `texts` and an end."""
    prefix, suffix = around
    window = window_at(prefix + suffix, len(prefix))
    # How many tokens the dropped bytes and a text are together shows only when the prompt is
    # made; where they are more than the text alone the prompt is made again, shorter.
    behind = max(len(vocabulary.tokenise(text)) for text in texts) + 1
    for _ in range(_TRIES):
        room = tokens_max - behind
        if room < tokens_max // 2:
            return Unfit.TOO_LONG
        ready = prepare(family, window, vocabulary, room)
        try:
            dropped = ready.dropped.decode("utf-8")
        except UnicodeDecodeError:
            return Unfit.SPLIT_CHARACTER
        found = tuple(tuple(vocabulary.tokenise(dropped + text)) for text in texts)
        longest = max(map(len, found))
        if len(ready.tokens) + longest < tokens_max:
            return Spelled(ready, found)
        behind = longest + 1
    return Unfit.TOO_LONG


def labelled(found: Spelled, which: int, vocabulary: Vocabulary, end: int | None) -> Example:
    """The prompt with one of its texts, and with the end where it ends there."""
    ready, behind = found.ready, found.texts[which]
    learned: list[bool] = []
    done = 0
    for token in behind:
        done += len(vocabulary.spellings[token])
        learned.append(done > len(ready.dropped))
    ends = () if end is None else (end,)
    return Example(
        (*ready.tokens, *behind, *ends),
        (*(False for _ in ready.tokens), *learned, *(True for _ in ends)),
    )
