"""A scripted editor that knows what it did: edits as editors send them, each with its truth.

The shapes are those of VS Code and Neovim: a pair of brackets in one insertion, a line break with
its indentation, an undo by the burst, a formatter's many small edits, a reload as one replacement
or as its smallest difference. The same seed gives the same session.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from echo_core.records.events import Origin
from echo_core.text.edits import Edit, apply_all, diff_edit, invert

_WORDS = [
    "value",
    "total",
    "price",
    "items",
    "count",
    "index",
    "result",
    "parse_line",
    "compute_mean",
    "is_ready",
]
_LINES = (
    "    return compute_mean(values)",
    "    total = total + price * count",
    "for item in items:",
    "    if item.is_ready and item.count > 3:",
    "result = [parse_line(line) for line in lines]",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the editor. `proposed`: what stood there as a proposal."""

    name: str
    truth: Origin
    text: str  # before
    edits: tuple[Edit, ...]
    proposed: str = ""
    reloaded: bool = False  # the file on disk was known to hold the result


class LabelledClient:
    """The editor with its document."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.text = "\n".join(self._random.choice(_LINES) for _ in range(60)) + "\n"
        self._undone: list[tuple[Edit, ...]] = []  # what redo would do
        self._done: list[tuple[Edit, ...]] = []  # what undo would do, by burst

    def steps(self, count: int) -> Iterator[Step]:
        """So many messages."""
        made = 0
        while made < count:
            (act,) = self._random.choices(_ACTS, [act.weight for act in _ACTS])
            for step in act.do(self, act):
                if made < count:
                    yield step
                    made += 1

    # --- doing ------------------------------------------------------------------------------

    def _step(self, act: _Act, *edits: Edit, proposed: str = "", reloaded: bool = False) -> Step:
        step = Step(act.name, act.truth, self.text, edits, proposed, reloaded)
        self.text = apply_all(self.text, edits)
        return step

    def _remember(self, before: str) -> None:
        """What would undo all that was done since the text was `before`, as one edit."""
        back = diff_edit(self.text, before)
        if back is not None:
            self._done.append((back,))
            self._undone.clear()

    def _at(self) -> int:
        return self._random.randrange(len(self.text) + 1)

    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text[:-1]))]

    def keys(self, act: _Act) -> Iterator[Step]:
        """A burst of single characters."""
        before, at = self.text, self._at()
        for key in self._random.choice(_WORDS)[: self._random.randint(2, 12)]:
            yield self._step(act, Edit(at, at, key))
            at += 1
        self._remember(before)

    def insert(self, act: _Act) -> Iterator[Step]:
        """One insertion, of what the act says."""
        before, at = self.text, self._at()
        text = act.content(self._random)
        proposed = text + " and more of it" if act.truth is Origin.ACCEPTED else ""
        yield self._step(act, Edit(at, at, text), proposed=proposed)
        self._remember(before)

    def menu(self, act: _Act) -> Iterator[Step]:
        """A completion menu replaces the word that was begun."""
        before, word = self.text, self._random.choice(_WORDS)
        at = self._random.choice([found.start() for found in re.finditer(r"\b\w\w", self.text)])
        yield self._step(act, Edit(at, at + 2, word))
        self._remember(before)

    def backspace(self, act: _Act) -> Iterator[Step]:
        """A single character is taken back."""
        before, at = self.text, self._random.randrange(len(self.text))
        yield self._step(act, Edit(at, at + 1, ""))
        self._remember(before)

    def delete_word(self, act: _Act) -> Iterator[Step]:
        """A word is deleted at once; half of the time the one just written."""
        before = self.text
        found = [(m.start(), m.end()) for m in re.finditer(r"\w\w+", self.text)]
        start, end = self._random.choice(found)
        if self._done and not self._done[-1][0].inserted and self._random.random() < 0.5:
            start, end = self._done[-1][0].start, self._done[-1][0].end
        yield self._step(act, Edit(start, end, ""))
        self._remember(before)

    def many_cursors(self, act: _Act) -> Iterator[Step]:
        """The same key at several places."""
        before = self.text
        places = sorted(self._random.sample(range(len(self.text)), 3), reverse=True)
        yield self._step(act, *(Edit(at, at, "x") for at in places))
        self._remember(before)

    def same_word(self, act: _Act) -> Iterator[Step]:
        """A menu puts the word in its place that stands there already."""
        found = [(m.start(), m.end()) for m in re.finditer(r"\w\w+", self.text)]
        start, end = self._random.choice(found)
        yield self._step(act, Edit(start, end, self.text[start:end]))

    def enter_and_trim(self, act: _Act) -> Iterator[Step]:
        """Enter, and the space of the line above, which nobody filled."""
        before = self.text
        found = [m.start() for m in re.finditer(r"^    \w", self.text, re.MULTILINE)]
        at = self._random.choice(found or [0])
        if found:
            yield self._step(act, Edit(at + 5, at + 5, "\n    "), Edit(at, at + 4, ""))
            self._remember(before)

    def join(self, act: _Act) -> Iterator[Step]:
        """Two lines become one, as one replacement of both."""
        before, starts = self.text, self._line_starts()
        first = self._random.randrange(max(1, len(starts) - 3))
        end = starts[min(first + 2, len(starts) - 1)]
        lines = self.text[starts[first] : end]
        head, _, tail = lines.partition("\n")
        if tail.strip():
            yield self._step(act, Edit(starts[first], end, f"{head} {tail.lstrip()}"))
            self._remember(before)

    def mark_block(self, act: _Act) -> Iterator[Step]:
        """Several lines begin with the same."""
        mark = act.content(self._random)
        before, starts = self.text, self._line_starts()
        first = self._random.randrange(max(1, len(starts) - 4))
        yield self._step(act, *(Edit(at, at, mark) for at in reversed(starts[first : first + 4])))
        self._remember(before)

    def dedent(self, act: _Act) -> Iterator[Step]:
        """A closing bracket, and the indentation of its line taken back."""
        at = self._random.choice(self._line_starts())
        before = self.text
        yield self._step(act, Edit(at, at, "    }"), Edit(at, at + 4, ""))
        self._remember(before)

    def rename(self, act: _Act) -> Iterator[Step]:
        """Every place of a name changes."""
        old = self._random.choice([word for word in _WORDS if word in self.text] or ["e"])
        new = self._random.choice(_WORDS) + "_x"
        found = [m.start() for m in re.finditer(rf"\b{old}\b", self.text)]
        if found:
            edits = (Edit(at, at + len(old), new) for at in reversed(found))
            before = self.text
            yield self._step(act, *edits)
            self._remember(before)

    def auto_import(self, act: _Act) -> Iterator[Step]:
        """A menu's word, and the import that it needs at the top."""
        before, at = self.text, len(self.text) - 1
        yield self._step(act, Edit(at, at, "fsum"), Edit(0, 0, "from math import fsum\n"))
        self._remember(before)

    def format(self, act: _Act) -> Iterator[Step]:
        """Space and quotes are laid out anew: by small edits, or as a whole document."""
        spoilt = [m.start() for m in re.finditer(r" = ", self.text)]
        chosen = sorted(self._random.sample(spoilt, min(3, len(spoilt))), reverse=True)
        edits = tuple(Edit(at, at + 3, "=") if n % 2 else Edit(at, at + 1, "  ")
                      for n, at in enumerate(chosen))  # fmt: skip
        before = self.text
        if len(edits) < 2:
            return
        if act.name.endswith("whole"):
            after = apply_all(self.text, edits)
            yield self._step(act, Edit(0, len(self.text), after))
        else:
            yield self._step(act, *edits)
        self._remember(before)

    def undo(self, act: _Act) -> Iterator[Step]:
        """The newest burst is taken back, and perhaps done again."""
        if not self._done:
            return
        back = self._done.pop()
        self._undone.append(tuple(invert(self.text, edit) for edit in back))
        yield self._step(act, *back)
        if self._random.random() < 0.5:
            yield self._step(act, *self._undone.pop())

    def reload(self, act: _Act) -> Iterator[Step]:
        """Somebody else wrote the file, and the editor takes it over."""
        starts = self._line_starts()
        at = self._random.choice(starts)
        after = self.text[:at] + "# by another tool\nimport other\n" + self.text[at:]
        after = after.replace("count", "number")
        edit = Edit(0, len(self.text), after)
        if act.name.startswith("minimal"):
            edit = diff_edit(self.text, after) or edit
        self._done.clear()
        yield self._step(act, edit, reloaded="unknown" not in act.name)


@dataclass(frozen=True, slots=True)
class _Act:
    """Something that happens in an editor, and how often."""

    name: str
    truth: Origin
    weight: float
    do: Callable[[LabelledClient, _Act], Iterator[Step]]
    content: Callable[[random.Random], str] = lambda _: ""


def _of(*choices: str) -> Callable[[random.Random], str]:
    return lambda source: source.choice(choices)


_ACTS = (
    _Act("keys", Origin.TYPED, 30, LabelledClient.keys),
    _Act("bracket and closer", Origin.TYPED, 8, LabelledClient.insert, _of("()", "[]", '""')),
    _Act("enter", Origin.TYPED, 10, LabelledClient.insert, _of("\n", "\n    ", "\n        ")),
    _Act("enter in braces", Origin.TYPED, 2, LabelledClient.insert, _of("\n    \n", "\n\t\n")),
    _Act("backspace", Origin.TYPED, 12, LabelledClient.backspace),
    _Act("delete a word", Origin.TYPED, 3, LabelledClient.delete_word),
    _Act("menu", Origin.TYPED, 8, LabelledClient.menu),
    _Act("menu, the word is whole", Origin.TYPED, 2, LabelledClient.same_word),
    _Act("comment a block", Origin.TYPED, 1, LabelledClient.mark_block, _of("// ")),
    _Act("enter, the line left is trimmed", Origin.TYPED, 2, LabelledClient.enter_and_trim),
    _Act("join lines", Origin.TYPED, 1, LabelledClient.join),
    _Act("many cursors", Origin.TYPED, 2, LabelledClient.many_cursors),
    _Act("indent a block", Origin.TYPED, 2, LabelledClient.mark_block, _of("    ")),
    _Act("dedent with a closer", Origin.TYPED, 1, LabelledClient.dedent),
    _Act("accept a line", Origin.ACCEPTED, 8, LabelledClient.insert, _of(*_LINES)),
    _Act("accept a word", Origin.ACCEPTED, 4, LabelledClient.insert, _of(*_WORDS)),
    _Act("paste a word", Origin.PASTED, 3, LabelledClient.insert, _of(*_WORDS)),
    _Act("paste a line", Origin.PASTED, 3, LabelledClient.insert, _of(*(f"{x}\n" for x in _LINES))),
    _Act("paste a block", Origin.PASTED, 2, LabelledClient.insert, _of("\n".join(_LINES))),
    _Act("snippet", Origin.AUTOMATIC, 1, LabelledClient.insert, _of("if x:\n    pass\nelse:\n  y")),
    _Act("closing tag", Origin.AUTOMATIC, 1, LabelledClient.insert, _of("</div>", "</span>")),
    _Act("rename", Origin.AUTOMATIC, 2, LabelledClient.rename),
    _Act("import with a menu", Origin.AUTOMATIC, 1, LabelledClient.auto_import),
    _Act("format", Origin.FORMATTER, 3, LabelledClient.format),
    _Act("format whole", Origin.FORMATTER, 2, LabelledClient.format),
    _Act("undo and redo", Origin.UNDONE, 8, LabelledClient.undo),
    _Act("reload", Origin.EXTERNAL, 1, LabelledClient.reload),
    _Act("minimal reload", Origin.EXTERNAL, 1, LabelledClient.reload),
    _Act("minimal reload, file unknown", Origin.EXTERNAL, 0.3, LabelledClient.reload),
)
