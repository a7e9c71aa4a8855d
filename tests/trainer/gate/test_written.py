"""One answer as figures: BLEU and CodeBLEU as published, exact match, what would be kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import TrainerError
from echo_trainer.gate.codebleu import NOTHING, added, bleu, codebleu, counted, parts
from echo_trainer.gate.written import Answer, as_long_as, compared, same, similarity

PIECES = st.lists(st.sampled_from(["a", "b", " = ", "(", ")", "\n", "if ", ":"]), max_size=12)
LANGUAGES = ("python", "c", "cpp", "go", "java", "javascript", "rust", "typescript", "vue")


def test_codebleu_is_what_its_package_prints_for_its_own_example() -> None:
    # The README of codebleu 0.7.0, section "Usage".
    found = counted(
        "def add ( a , b ) :\n return a + b",
        "def sum ( first , second ) :\n return second + first",
        "python",
    )
    assert codebleu(found) == pytest.approx(0.5537, abs=1e-4)
    assert parts(found) == pytest.approx((0.1041, 0.1109, 1.0, 1.0), abs=1e-4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_has_all_of_it(language: str) -> None:
    text = "x = first(a, b); y = second(x, x) + x"
    found = counted(text, text, language)
    assert codebleu(found) == pytest.approx(1.0)
    assert bleu(found) == pytest.approx(1.0)


def test_names_do_not_count_for_data_flow_but_order_does() -> None:
    wanted = "x = read(p)\ny = x + p\n"
    renamed = parts(counted("a = read(q)\nb = a + q\n", wanted, "python"))
    other = parts(counted("a = read(q)\nb = q + q\n", wanted, "python"))
    assert renamed[3] == 1.0
    assert other[3] is not None
    assert other[3] < 1.0


def test_what_nothing_can_be_said_of_is_left_out() -> None:
    without_grammar = parts(counted("a b c d", "a b c d", "vue"))
    assert without_grammar[2:] == (None, None)
    assert parts(counted("1", "2", "python"))[3] is None  # no variable, no flow
    assert codebleu(NOTHING) == 0.0


@given(PIECES, PIECES)
def test_scores_lie_between_nothing_and_all(one: list[str], other: list[str]) -> None:
    found = counted("".join(one), "".join(other), "python")
    assert 0.0 <= codebleu(found) <= 1.0 + 1e-9
    assert added([found, NOTHING]) == found


def test_deep_nesting_is_survived() -> None:
    assert 0 <= codebleu(counted("(" * 3000, "x = " + "[" * 3000, "python")) <= 1


@pytest.mark.parametrize(
    ("by_hand", "target", "exact"),
    [
        ("2 * x", "2 * x", True),
        ("2 * x\n    y = 3", "2 * x  ", True),  # what is beyond is cut
        ("2 * x\r\ny", "2 * x\ny", True),
        ("\n    pass", "\n    pass\n", True),
        ("3 * x", "2 * x", False),
        ("", "2 * x", False),
    ],
)
def test_exact_match(by_hand: str, target: str, exact: bool) -> None:
    assert compared(by_hand, "", target, "python").exact is exact


def test_kept_is_what_stands_at_the_beginning() -> None:
    def kept(shown: str) -> bool:
        return compared(shown, shown, "total = add(a, b)", "python").kept

    assert kept("total = add(a, b)")
    assert kept("total = add(")
    assert not kept("total = sub(")
    assert not kept("   ")


def test_silence_is_worth_nothing_and_refusal_less() -> None:
    kept = compared("a = 1", "a = 1", "a = 1", "python")
    refused = compared("b = 1", "b = 1", "a = 1", "python")
    silent = compared("a = 1", "", "a = 1", "python")
    disturbing = compared("b = 1", "b = 1", "", "python")
    assert kept.worth > silent.worth > refused.worth == disturbing.worth
    assert silent.exact
    assert not silent.proposed


def test_lines_are_cut_as_the_target_has_them() -> None:
    assert as_long_as("\n\n a\nb\nc", " x\ny") == " a\nb"
    assert as_long_as("\n  a = 1  \nb = 2\n", "  a = 1") == "  a = 1"
    assert same("a\nb", "a\r\nb")
    assert not same("a ", "a")
    assert similarity("", "") == 1.0
    assert similarity("ab", "") == 0.0
    assert similarity("kitten", "sitting") == pytest.approx(4 / 7)


def test_figures_are_read_as_they_were_written_and_hold_no_text() -> None:
    made = compared("quuxfrob = 1", "quuxfrob = 1", "quuxfrob = 2", "python")
    written = json.dumps(made.as_figures())
    assert "quux" not in written
    assert Answer.read(json.loads(written)) == made
    with pytest.raises(TrainerError, match="another form"):
        Answer.read({"exact": True})
