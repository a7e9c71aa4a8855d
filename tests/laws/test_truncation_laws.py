"""Laws of cutting: for any text, any ends and any glance."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from echo_core.judging.truncation import Glance, every_cut, first_unit, offered, refine
from echo_core.judging.units import UnitEnd, UnitKind, plain_ends
from echo_core.text.document import split_lines

TEXTS = st.lists(
    st.sampled_from(
        ["name", "x1", "_", "$", " ", "    ", "\t", "\n", "\r\n", "\r", "(", ")", "{", "}", ",",
         ";", "end", "if a:", "é", "e\u0301", "𝒳", "\ud83d", "\ude00", "👩\u200d🔬", "\u200d",
         "\ufe0f"]
    ),
    max_size=30,
).map("".join)  # fmt: skip
ENDS = st.lists(
    st.builds(UnitEnd, st.integers(-5, 120), st.sampled_from(list(UnitKind)), st.integers(0, 3)),
    max_size=30,
)
GLANCES = st.builds(Glance, st.integers(0, 10), st.integers(0, 80))


@given(TEXTS, TEXTS, ENDS, GLANCES)
def test_what_is_chosen_is_an_exact_prefix_within_the_glance(
    target: str, suffix: str, ends: list[UnitEnd], glance: Glance
) -> None:
    cuts = every_cut(target, suffix, ends, glance)
    assert [cut.at for cut in cuts] == sorted({cut.at for cut in cuts})
    for cut in cuts:
        refined = refine(target, cut)
        assert target.startswith(refined.text)
        assert refined.text.strip()
        assert len(refined.text) == cut.at
        assert glance.holds(refined.text)
    assert set(offered(cuts, 3)) <= set(cuts)
    assert (first_unit(cuts) is None) == (not cuts)


@given(TEXTS, TEXTS, ENDS)
def test_no_cut_divides_a_name_a_character_or_a_line_end(
    target: str, suffix: str, ends: list[UnitEnd]
) -> None:
    for cut in every_cut(target, suffix, ends):
        if cut.kind is UnitKind.WHOLE and cut.at == len(target):
            continue  # where the user's own text ends
        before, after = target[cut.at - 1], (target[cut.at :] or suffix)[:1]
        assert not re.fullmatch(
            r"[\w$\u0301]{2}|\r\n|[\ud800-\udbff][\udc00-\udfff]", before + after
        )
        assert before != "\u200d"
        assert after not in ("\u200d", "\ufe0f", "\u0301")


@given(TEXTS, TEXTS, ENDS, GLANCES, st.integers(0, 5), st.integers(0, 40))
def test_a_wider_glance_never_gives_less(
    target: str, suffix: str, ends: list[UnitEnd], glance: Glance, lines: int, chars: int
) -> None:
    wider = Glance(glance.lines_max + lines, glance.chars_max + chars)
    narrow = every_cut(target, suffix, ends, glance)
    wide = every_cut(target, suffix, ends, wider)
    assert wide[: len(narrow)] == narrow
    first, second = first_unit(narrow), first_unit(wide)
    if first is not None:
        assert second is not None
        assert second.at >= first.at


@given(TEXTS, TEXTS, ENDS)
def test_the_order_in_which_ends_are_told_is_nothing(
    target: str, suffix: str, ends: list[UnitEnd]
) -> None:
    assert every_cut(target, suffix, ends) == every_cut(target, suffix, ends[::-1])


@given(TEXTS, TEXTS, TEXTS)
def test_without_a_grammar_ends_are_ends_of_lines(prefix: str, target: str, suffix: str) -> None:
    ends = plain_ends(prefix, target, suffix)
    assert list(ends) == sorted(set(ends), key=lambda end: end.order)
    places = {end.at for end in ends}
    assert places == {
        at + len(line.rstrip())
        for at, line in zip(starts(target), split_lines(target), strict=True)
        if line.strip()
    }


def starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer(r"\r\n?|\n", text))]
