"""Cuts: what is chosen without a teacher, what a teacher is offered, and what is never cut."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.judging.truncation import (
    Cut,
    Glance,
    RefinedTarget,
    every_cut,
    first_unit,
    offered,
    refine,
)
from echo_core.judging.units import UnitEnd, UnitKind, plain_ends

KINDS = {"·": UnitKind.FRAGMENT, "#": UnitKind.COMMENT, "c": UnitKind.CALL, "l": UnitKind.LINE,
         "s": UnitKind.STATEMENT, "b": UnitKind.BLOCK, "w": UnitKind.WHOLE}  # fmt: skip


def marked(drawing: str) -> tuple[str, list[UnitEnd]]:
    """A target drawn with `⟨mark open⟩` at its ends."""
    target, ends = "", []
    for number, piece in enumerate(drawing.replace("⟩", "⟨").split("⟨")):
        if number % 2:
            ends.append(UnitEnd(len(target), KINDS[piece[0]], int(piece[1:] or 0)))
        else:
            target += piece
    return target, ends


def chosen(drawing: str, suffix: str = "\n") -> str | None:
    target, ends = marked(drawing)
    cut = first_unit(every_cut(target, suffix, ends, Glance(3, 20)))
    return None if cut is None else refine(target, cut).text


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("a⟨·1⟩ = 1⟨s⟩\nb = 2⟨s⟩⟨w⟩", "a = 1"),
        ("if a:⟨l1⟩\n    b⟨s1⟩\n    c⟨b⟩\nd⟨w⟩", "if a:\n    b\n    c"),
        ("if a:⟨l1⟩\n    b⟨s1⟩\n    c⟨s1⟩\n    d⟨b⟩", "if a:"),  # four lines are too many
        ("f(a⟨·1⟩, 'a long string', b⟨·1⟩)⟨s⟩", "f(a"),  # and so are 25 characters
        ("# a⟨#1⟩\n# b⟨#⟩\nc⟨s⟩", "# a\n# b\nc"),
        ("# a⟨#1⟩\n# b⟨#⟩\nif c:⟨l1⟩\n    d⟨b⟩", "# a\n# b\nif c:"),
        ("# a⟨#1⟩\n# b⟨#⟩\n# c⟨#1⟩\n# d⟨#⟩\nf()⟨s⟩", "# a\n# b"),
        ("# a⟨#1⟩\n# b⟨#1⟩\n# c⟨#1⟩\n# d⟨#⟩\nf()⟨s⟩", "# a\n# b\n# c"),
        ("a⟨·1⟩ = f(b⟨c1⟩", None),  # nothing is complete
        ("a⟨·⟩ = f(b⟨c1⟩", "a"),
        ("for a:⟨l1⟩\n  f⟨·2⟩(", "for a:"),
        ("  \n\n", None),
        ("\n  a⟨s⟩\n  b⟨s⟩\n", "\n  a"),
        ("a⟨s⟩  \r\nb⟨w⟩\r\n", "a"),
        ("a⟨s⟩\r\nb⟨w⟩\r\n", "a"),
        ("⟨l⟩a⟨s⟩", "a"),  # an end at the start is none
    ],
)
def test_the_first_unit_is_chosen(drawing: str, expected: str | None) -> None:
    assert chosen(drawing) == expected


@pytest.mark.parametrize(
    ("drawing", "suffix", "expected"),
    [
        ("a()⟨s⟩\n    b()⟨s⟩\n    ⟨w⟩", "c()\n", "a()\n    "),
        ("a()⟨s⟩\n    ⟨w⟩", "c()\n", "a()\n    "),
        ("\n  a;⟨s⟩\n  b;⟨s⟩\n⟨w⟩", "}\n", "\n  a;\n"),
        ("a;⟨s⟩ \r\nb;⟨s⟩\r\n", "}", "a; \r\n"),
        ("a;⟨s⟩ b;⟨s⟩ ", "c", "a;"),  # on one line there is nothing to take along
        ("a, ⟨w⟩", "b)", "a, "),
        ("a⟨·⟩, c, ⟨w⟩", "b)", "a, c, "),  # `a` would run into `b`
        ("a⟨·⟩, 'a long string'⟨·⟩, bcdefg, ⟨w⟩", ")", "a, 'a long string'"),
        ("Us⟨·⟩er⟨w⟩", "Name", "User"),
        ("a(⟨·⟩b⟨·⟩", "c", "a("),
    ],
)
def test_what_stands_behind_the_target_on_its_line_is_heeded(
    drawing: str, suffix: str, expected: str
) -> None:
    assert chosen(drawing, suffix) == expected


@pytest.mark.parametrize(
    "drawing",
    [
        "na⟨s⟩me",
        "a_⟨s⟩1",
        "a⟨s⟩$",
        "a +\r⟨s⟩\n",
        "'\ud83d⟨s⟩\ude00'",
        "'e⟨s⟩\u0301'",
        "'.⟨s⟩\u0301'",
        "'👩⟨s⟩\u200d🔬'",
        "'👩\u200d⟨s⟩🔬'",
        "'❤⟨s⟩\ufe0f'",
    ],
)
def test_no_cut_divides_what_is_one(drawing: str) -> None:
    target, ends = marked(drawing)
    cut = first_unit(every_cut(target, "\n", ends))
    assert cut is None or cut.at != ends[0].at


def test_one_cut_a_place_and_the_largest_unit_there() -> None:
    target, ends = marked("f()⟨c⟩⟨l⟩⟨s⟩\ng()⟨w⟩")
    assert every_cut(target, "", ends) == (Cut(3, UnitKind.STATEMENT), Cut(7, UnitKind.WHOLE))


def test_a_teacher_is_offered_the_first_unit_and_the_largest_others() -> None:
    target, ends = marked(
        "a⟨·1⟩(b⟨·1⟩, c⟨·1⟩)⟨c⟩;⟨s⟩ if (d⟨·2⟩) {⟨l2⟩\n e();⟨s2⟩\n}⟨b⟩ f⟨·1⟩();⟨s⟩⟨w⟩"
    )
    cuts = every_cut(target, "\n", ends)

    def texts(count: int) -> list[str]:
        return [target[: cut.at].rpartition(" ")[2].strip() for cut in offered(cuts, count)]

    assert texts(1) == ["c);"]
    assert texts(3) == ["c);", "e();\n}", "f();"]
    assert texts(5) == ["c);", "{", "e();", "e();\n}", "f();"]
    assert texts(99) == ["c)", "c);", "{", "e();", "e();\n}", "f();"]  # no pieces
    assert offered((), 5) == ()


def test_a_teacher_is_offered_pieces_where_there_is_nothing_else() -> None:
    target, ends = marked("x⟨·⟩(y⟨·1⟩,\n  z⟨·1⟩,⟨·1⟩\n  'a long string'⟨·1⟩)⟨s⟩")
    cuts = every_cut(target, "\n", ends, Glance(2, 20))
    assert [cut.kind for cut in offered(cuts)] == [UnitKind.FRAGMENT] * 4
    assert first_unit(cuts) in offered(cuts, 1)
    assert len(offered(cuts)) <= limits.GLANCE_CUTS_MAX


@pytest.mark.parametrize("length", [-1, 4])
def test_a_refined_target_is_a_prefix_or_nothing_at_all(length: int) -> None:
    with pytest.raises(ValueError, match="prefix"):
        RefinedTarget("abc", length)
    with pytest.raises(ValueError, match="prefix"):
        refine("abc", Cut(length, UnitKind.WHOLE))
    assert RefinedTarget("abc", 3).text == "abc"
    assert RefinedTarget("abc", 0).text == ""


def test_indentation_is_not_read() -> None:
    glance = Glance(2, 4)
    assert glance.holds("\n    ab\n        cd  \n")
    assert not glance.holds("ab\ncde")
    assert not glance.holds("a\nb\nc")


@pytest.mark.parametrize(
    ("prefix", "target", "suffix", "expected"),
    [
        ("", "a\nb\n", "", "a⟨s⟩ b⟨sw⟩"),
        ("", "if a\n  b\nelse\n  c\nend\nd\n", "", "if a⟨l1⟩ b⟨s1⟩ else⟨l2⟩ c⟨s2⟩ end⟨b⟩ d⟨sw⟩"),
        ("", "if a\n  b\n", "\nc", "if a⟨l1⟩ b⟨bw⟩"),
        ("", "if a\n", "\n  b", "if a⟨lw1⟩"),
        ("  ", "if a\n    b\n", "\n  c", "if a⟨l1⟩ b⟨bw⟩"),
        ("", "f(a,\n  b)\nc", "", "f(a,⟨·1⟩ b)⟨s⟩ c⟨sw⟩"),
        ("f(", "a, b", ")", "a, b⟨sw⟩"),
        ("", "f(a", ", b)", "f(a⟨·1⟩"),
        ("", "f(a", "", "f(a⟨·w1⟩"),
        ("", "\n\na\r\n\r\nb\r\n", "", "a⟨s⟩ b⟨sw⟩"),
        ("", " \n\t\n", "", ""),
        ("a) ", "b)\n", "", "b)⟨sw⟩"),
    ],
)
def test_without_a_grammar_lines_tell(prefix: str, target: str, suffix: str, expected: str) -> None:
    ends = plain_ends(prefix, target, suffix)
    marks = {kind: mark for mark, kind in KINDS.items()}
    told: list[str] = []
    for at in sorted({end.at for end in ends}):
        here = [end for end in ends if end.at == at]
        kinds = "".join(marks[end.kind] for end in here)
        line = target[:at].replace("\r", "\n").rpartition("\n")[2].strip()
        told.append(f"{line}⟨{kinds.replace('ls', 's').replace('lb', 'b')}{here[0].open or ''}⟩")
    assert " ".join(told) == expected
