"""What a teacher is asked, as data: two questions, each with a name and a version.

Left out: who answers (`local`, `endpoint`), and which wordings were tried and given up
(docs/teaching.md has the numbers).

Rules
 - A changed text is another version: answers are kept with the version they were given to.
 - What is the same for all cases stands first, in `system`, so that it is read once. Behind it
   comes as little as decides: the end of the prefix, the beginning of the suffix.
 - Whether silence is required is asked without the target.
 - Examples are our own, and their answers are spread over the letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from echo_core.judging.checks.case import Case
from echo_daemon.teaching.api import CUTS_MAX
from echo_engine.background import Question

CUT: Final = "cut/1"
SILENCE: Final = "silence/1"
LETTERS: Final = "ABCDEFGH"
SILENCE_ANSWERS: Final = ("code", "silent")
SILENT: Final = 1  # the index of the answer that asks for silence

BEFORE_CHARS_MAX: Final = 400  # about ten lines: 130 tokens
AFTER_CHARS_MAX: Final = 300
TYPED_CHARS_MAX: Final = 1200  # what a person reads at a glance is far shorter

_CUT_SYSTEM: Final = """\
Text typed by a programmer is marked with letters. Say after which letter the first whole \
statement or block is complete, and no further one has begun.
"""

# before the cursor, what was typed in pieces, the right letter
_CUT_EXAMPLES: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    (
        "total = 0\nfor item in items:\n    ",
        ("total += item.price\n", "print(total)\n"),
        "A",
    ),
    (
        "function add(a, b) {\n  return ",
        ("a", " + b;\n", "}\n", "\nfunction sub(a, b) {\n"),
        "B",
    ),
    (
        "user, err := find(id)\n",
        ("if err != nil {\n", "\treturn err\n}\n", "user.Seen()\n"),
        "B",
    ),
    (
        "public long size() {\n    ",
        (
            "return items.size();\n",
            "}\n",
            "public boolean isEmpty() {\n    return size() == 0;\n}\n",
        ),
        "A",
    ),
    ("const x = compute(\n  ", ("a", ",\n  b", ");\n", "log(x);\n"), "C"),
)

_SILENCE_SYSTEM: Final = """\
You decide whether a code completion tool should write something at <CURSOR>. code: code is \
missing there. silent: nothing is missing, or it is a comment or a text that only the programmer \
knows.
"""

# before the cursor, behind it, the right answer
_SILENCE_EXAMPLES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "def area(w, h):\n    return w * h",
        "\n\n\ndef volume(w, h, d):\n    return w * h * d\n",
        "silent",
    ),
    ("def area(w, h):\n    ", "\n\n\nprint(area(1, 2))\n", "code"),
    ("# The old name is kept because ", "\nOLD = 1\n", "silent"),
    ("if (user.isAdmin()", "\n    grant();\n}\n", "code"),
    ("import os\nimport sys\n", "\nprint(sys.argv)\n", "silent"),
    ("const names = users.", "\nconsole.log(names);\n", "code"),
    ('print("the file is', ' missing")\n', "silent"),
    ("for (const item of items) {\n  ", "\n}\n", "code"),
    ("fmt.Println(total)\n}\n", "", "silent"),
    ("resp, err := client.Get(url)\n", "", "code"),
)


def offered(case: Case, cuts: Sequence[int]) -> tuple[int, ...]:
    """The cuts that a teacher is shown: the first ones, and always one.

    Raises:
        ValueError: there are none, or they are no lengths of beginnings.
    """
    rises = all(one < other for one, other in pairwise(cuts))
    if not cuts or cuts[0] <= 0 or cuts[-1] > len(case.target) or not rises:
        raise ValueError("cuts are rising lengths of beginnings of the target, at least one")
    shown = [cut for cut in cuts[:CUTS_MAX] if cut <= TYPED_CHARS_MAX]
    return tuple(shown or cuts[:1])


def cut(case: Case, cuts: Sequence[int]) -> Question:
    """After which of `cuts` the first unit is complete; answer n is `cuts[n]`."""
    starts = [0, *cuts[:-1]]
    pieces = [case.target[start:end] for start, end in zip(starts, cuts, strict=True)]
    text = _cut_text(_before(case), pieces)
    return Question(_cut_system(), text, tuple(LETTERS[: len(cuts)]))


def silence(case: Case) -> Question:
    """Whether something is to be written at the cursor; the target is not looked at."""
    text = _silence_text(_before(case), _after(case))
    return Question(_silence_system(), text, SILENCE_ANSWERS)


def _cut_system() -> str:
    shots = [_cut_text(before, pieces) + f" {answer}\n" for before, pieces, answer in _CUT_EXAMPLES]
    return "\n".join([_CUT_SYSTEM, *shots])


def _cut_text(before: str, pieces: Sequence[str]) -> str:
    return f"Before:\n{before}\nTyped:\n{marked(pieces)}Answer:"


def marked(pieces: Sequence[str]) -> str:
    """The pieces with a letter behind each, before the line end that it has."""
    parts: list[str] = []
    for letter, piece in zip(LETTERS, pieces, strict=False):
        bare = piece.rstrip("\n")
        parts.append(f"{bare} <{letter}>{piece[len(bare) :][:1]}")
    text = "".join(parts)
    return text if text.endswith("\n") else f"{text}\n"


def _silence_system() -> str:
    shots = [
        _silence_text(before, after) + f" {answer}\n" for before, after, answer in _SILENCE_EXAMPLES
    ]
    return "\n".join([_SILENCE_SYSTEM, *shots])


def _silence_text(before: str, after: str) -> str:
    return f"{before}<CURSOR>{after}\nAnswer:"


def _before(case: Case) -> str:
    """The end of the prefix, from a line's start on where one is near."""
    end = case.prefix[-BEFORE_CHARS_MAX:]
    if len(case.prefix) <= BEFORE_CHARS_MAX:
        return end
    line = end.find("\n")
    return end[line + 1 :] if 0 <= line < BEFORE_CHARS_MAX // 2 else end


def _after(case: Case) -> str:
    """The beginning of the suffix, to a line's end where one is near."""
    start = case.suffix[:AFTER_CHARS_MAX]
    if len(case.suffix) <= AFTER_CHARS_MAX:
        return start
    line = start.rfind("\n")
    return start[:line] if line >= AFTER_CHARS_MAX // 2 else start
