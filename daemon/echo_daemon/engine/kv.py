"""Which tokens of the KV cache may stay when a new prompt comes.

Left out: the cache itself (`llama`), and where prompts come from (`prompt`).

Rules
 - A cell of the cache depends on every token before it: what may stay is a common prefix.
 - The last token is always evaluated, because what follows it is read from its evaluation.
 - A sequence is a value of its own; a second one (anchors prepared in the background) is a
   second `Sequence` with another number.
"""

from __future__ import annotations

from collections.abc import Sequence as Tokens
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """Keep cells [0, keep), remove the others, evaluate `evaluate` from position `keep` on."""

    keep: int
    removes: bool
    evaluate: tuple[int, ...]


def common_prefix(left: Tokens[int], right: Tokens[int]) -> int:
    """How many tokens the two have in common from the start."""
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return min(len(left), len(right))


def plan(cached: Tokens[int], wanted: Tokens[int]) -> Plan:
    """How to get from a cache that holds `cached` to one that holds `wanted`.

    Raises:
        ValueError: `wanted` is empty; there is nothing to read a continuation from.
    """
    if not wanted:
        raise ValueError("an empty prompt has no continuation")
    keep = min(common_prefix(cached, wanted), len(wanted) - 1)
    return Plan(keep=keep, removes=keep < len(cached), evaluate=tuple(wanted[keep:]))


@dataclass(slots=True)
class Sequence:
    """The bookkeeping of one sequence: which token stands in which cell."""

    number: int = 0
    tokens: list[int] = field(default_factory=list)

    def cut(self, length: int) -> None:
        """Only the first `length` cells are left."""
        del self.tokens[length:]

    def grow(self, tokens: Tokens[int]) -> None:
        """`tokens` were evaluated behind the last cell."""
        self.tokens.extend(tokens)
