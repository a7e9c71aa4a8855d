"""Ends of units, drawn: tests/golden/units-*.txt, one file a language; and what no drawing shows.

A drawing's first half is a text with the target between `├` and `┤`; its second half is the target
with every end of a unit marked, and the cut that is chosen without a teacher as `✂`.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core import limits
from echo_core.judging.truncation import every_cut, first_unit, refine
from echo_core.judging.units import UnitEnd, UnitKind
from echo_daemon.structure.grammars import SOURCES
from echo_daemon.structure.parsing import TreeSitterParsing
from echo_testing.leaks import traced_growth

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = sorted(GOLDEN.glob("units-*.txt"))
MARKS = {
    UnitKind.FRAGMENT: "·",
    UnitKind.COMMENT: "#",
    UnitKind.CALL: "c",
    UnitKind.LINE: "l",
    UnitKind.STATEMENT: "s",
    UnitKind.BLOCK: "b",
    UnitKind.WHOLE: "w",
}
HEAD = (
    "# {language}: ends of units in the target, ⟨marks, how much is left open⟩, ✂ the chosen cut.\n"
    "# · fragment, # comment, c call, l line, s statement, b block, w whole.\n"
    "# Regenerate: ECHO_UPDATE_GOLDEN=1 python -m pytest tests/daemon/structure/test_units.py\n"
)
PARSING = TreeSitterParsing()
LANGUAGES = sorted({*SOURCES, "vue", "svelte", "ruby"})


def parts(drawing: str) -> tuple[str, str, str]:
    prefix, rest = drawing.split("├")
    target, suffix = rest.split("┤")
    return prefix, target, suffix


def drawn(target: str, suffix: str, ends: tuple[UnitEnd, ...]) -> str:
    """The target with its ends, and the chosen cut."""
    cut = first_unit(every_cut(target, suffix, ends))
    marks = {
        at: "⟨" + "".join(MARKS[end.kind] for end in here) + (str(here[0].open or "")) + "⟩"
        for at, here in (
            (at, list(here)) for at, here in itertools.groupby(ends, key=lambda end: end.at)
        )
    }
    if cut is not None:
        marks[cut.at] = marks.get(cut.at, "") + "✂"
    places = [0, *sorted(marks)]
    pieces = [target[a:b] + marks[b] for a, b in itertools.pairwise(places)]
    return "".join(pieces) + target[places[-1] :]


def cases(text: str) -> Iterator[tuple[str, str]]:
    """Title and first half of each drawing."""
    for case in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        title, _, body = case.partition("\n")
        yield title, body.partition("\n---\n")[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_units_end_where_they_are_drawn(file: Path) -> None:
    language = file.stem.removeprefix("units-")
    text = file.read_text(encoding="utf-8")
    made = HEAD.format(language=language)
    for title, case in cases(text):
        prefix, target, suffix = parts(case)
        ends = PARSING.unit_ends(language, prefix, target, suffix)
        made += f"=== {title}\n{case}\n---\n{drawn(target, suffix, ends)}\n"
    if os.environ.get("ECHO_UPDATE_GOLDEN"):
        file.write_text(made, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == made


def test_every_language_has_drawings() -> None:
    assert {file.stem.removeprefix("units-") for file in FILES} == set(LANGUAGES)


CODE = st.lists(
    st.sampled_from(
        ["if ", "x", "(", ")", "{", "}", "[", "]", ":", ";", ",", "\n", "\r\n", "    ", '"', "'",
         "/*", "*/", "# a", "// b", " = ", "é", "𝒳", "\ud83d", "<p>", "</p>", "<script>",
         "</script>",          "return 1", "foo(a)", "def f():", "func f() {", "\\", "`", "${"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(LANGUAGES), CODE, CODE, CODE)
def test_whatever_stands_there_ends_lie_in_the_target_in_order(
    language: str, prefix: str, target: str, suffix: str
) -> None:
    ends = PARSING.unit_ends(language, prefix, target, suffix)
    assert list(ends) == sorted(ends, key=lambda end: end.order)
    assert len(set(ends)) == len(ends)
    for end in ends:
        assert 0 < end.at <= len(target.rstrip())
        assert not target[end.at - 1].isspace()
        assert end.open >= 0
    assert ends == TreeSitterParsing().unit_ends(language, prefix, target, suffix)
    cut = first_unit(every_cut(target, suffix, ends))
    assert cut is None or target.startswith(refine(target, cut).text)


@pytest.mark.parametrize("opening", ["(", "{", "[", "if (a) {\n", "<div>", "/*", '"', "f(["])
@pytest.mark.parametrize("language", ["python", "typescriptreact", "cpp", "html"])
def test_deep_and_broken_targets_are_read(language: str, opening: str) -> None:
    deep = (opening * limits.GAP_CHARS_MAX)[: limits.GAP_CHARS_MAX]
    for end in PARSING.unit_ends(language, "", deep, ""):
        assert 0 < end.at <= len(deep)


def test_a_target_that_is_too_long_is_read_by_its_lines() -> None:
    target = "x = (1)\n" * (limits.GAP_CHARS_MAX // 8 + 1)
    assert {end.kind for end in PARSING.unit_ends("python", "", target, "")} == {
        UnitKind.LINE,
        UnitKind.STATEMENT,
        UnitKind.WHOLE,
    }


def test_code_points_and_not_bytes_are_counted() -> None:
    ends = PARSING.unit_ends("python", "é = '𝒳'\n", "ü = '𝒳\ud83d'\nb = 1", "\n")
    assert [end.at for end in ends if end.kind is UnitKind.STATEMENT] == [8, 14]


def test_nothing_is_kept_of_a_text() -> None:
    """The parser is handed bytes: a function that reads would never be let go of."""
    text = "def f(a):\n    return [a, 'x' * 3]\n" * 200

    def read() -> None:
        PARSING.unit_ends("python", text, "x = 1\n", text)
        gc.collect()

    assert traced_growth(read, times=50) < len(text)
