"""BLEU and CodeBLEU of one answer as counts that can be added up, and of sums as scores.

CodeBLEU (Ren et al. 2020, arXiv:2009.10297) is the mean of four: BLEU; BLEU with keywords counting
five times; the share of the wanted text's syntax trees that are in the written one; the share of
its data flow that is.

Left out: what is compared (`written`).

Rules
 - Tokens are words, numbers and single marks; white space does not count.
 - A part that nothing can be said of (no grammar, no data flow in any wanted text) is left out of
   the mean, as a part that cannot be reached is no fault of a model.
 - A part without a match counts as a tenth of one (method 1 of Chen and Cherry 2014), as in the
   paper's own program.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final

import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_rust
import tree_sitter_typescript
from sacrebleu.metrics.bleu import BLEU
from tree_sitter import Language, Node, Parser

from echo_trainer.gate.flow import edges

_GRAMMARS: Final[dict[str, Callable[[], object]]] = {
    "c": tree_sitter_c.language,
    "cpp": tree_sitter_cpp.language,
    "go": tree_sitter_go.language,
    "java": tree_sitter_java.language,
    "javascript": tree_sitter_javascript.language,
    "javascriptreact": tree_sitter_javascript.language,
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
    "typescript": tree_sitter_typescript.language_typescript,
    "typescriptreact": tree_sitter_typescript.language_tsx,
}
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_ORDER: Final = 4
_KEYWORD_WEIGHT: Final = 5  # the paper: 1 against 0.2
_FLOOR: Final = 0.1
_BLEU: Final = BLEU(tokenize="none", force=True, effective_order=True, max_ngram_order=_ORDER)

Counts = tuple[int, ...]
# matched and written n-grams (4 each), lengths (2), wanted n-grams (4), keywords (2), syntax (2),
# flow (2): what is found, then of how many
_COUNTS: Final = 20
NOTHING: Final[Counts] = (0,) * _COUNTS


def tokens(text: str) -> list[str]:
    """What is compared of a text."""
    return _TOKEN.findall(text)


def counted(written: str, wanted: str, language: str) -> Counts:
    """What two texts have in common."""
    ours, theirs = tokens(written), tokens(wanted)
    said = _BLEU.sentence_score(" ".join(ours), [" ".join(theirs)])
    wanted_grams = [max(0, len(theirs) - size) for size in range(_ORDER)]
    keywords = _keywords(language)
    heavy = _weighted(Counter(ours) & Counter(theirs), keywords)
    return (
        *map(int, said.counts),
        *map(int, said.totals),
        len(ours),
        len(theirs),
        *wanted_grams,
        heavy,
        _weighted(Counter(theirs), keywords),
        *_structure(written, wanted, language),
    )


def added(many: Iterable[Counts]) -> Counts:
    """The counts of several answers."""
    return tuple(map(sum, zip(NOTHING, *many, strict=True)))


def bleu(counts: Counts) -> float:
    """BLEU, from 0 to 1."""
    return _score(counts[:4], counts[4:8], counts)


def codebleu(counts: Counts) -> float:
    """CodeBLEU, from 0 to 1."""
    return _mean([value for value in parts(counts) if value is not None])


def parts(counts: Counts) -> tuple[float, float, float | None, float | None]:
    """BLEU, weighted BLEU, syntax and data flow; None: there is nothing to say."""
    weighted = _score((counts[14], *counts[1:4]), (counts[15], *counts[11:14]), counts)
    syntax = counts[16] / counts[17] if counts[17] else None
    flow = counts[18] / counts[19] if counts[19] else None
    return bleu(counts), weighted, syntax, flow


def _score(matched: Sequence[int], of: Sequence[int], counts: Counts) -> float:
    if not counts[8] or not counts[9]:
        return 0.0
    said = BLEU.compute_bleu(
        correct=list(matched),
        total=list(of),
        sys_len=counts[8],
        ref_len=counts[9],
        smooth_method="floor",
        smooth_value=_FLOOR,
    )
    return float(said.score) / 100


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _weighted(found: Counter[str], keywords: frozenset[str]) -> int:
    return sum(
        count * (_KEYWORD_WEIGHT if word in keywords else 1) for word, count in found.items()
    )


# --- structure ----------------------------------------------------------------------------------


def _structure(written: str, wanted: str, language: str) -> tuple[int, int, int, int]:
    grammar = _grammar(language)
    if grammar is None:
        return 0, 0, 0, 0
    parser = Parser(grammar)
    ours, theirs = (
        parser.parse(text.encode("utf-8", "replace")).root_node for text in (written, wanted)
    )
    trees = Counter(_trees(theirs))
    found = trees & Counter(_trees(ours))
    flow = Counter(edges(theirs))
    same = flow & Counter(edges(ours))
    return found.total(), trees.total(), same.total(), flow.total()


def _trees(root: Node) -> Iterable[str]:
    """Every tree below `root`, itself included, without its leaves' names."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield str(node)
        waiting += [child for child in node.children if child.child_count]


@cache
def _grammar(language: str) -> Language | None:
    source = _GRAMMARS.get(language)
    return None if source is None else Language(source())


@cache
def _keywords(language: str) -> frozenset[str]:
    """The words that a grammar knows by heart."""
    grammar = _grammar(language)
    if grammar is None:
        return frozenset()
    kinds = (
        (grammar.node_kind_for_id(number), grammar.node_kind_is_named(number))
        for number in range(grammar.node_kind_count)
    )
    return frozenset(kind for kind, named in kinds if kind and kind.isalpha() and not named)
