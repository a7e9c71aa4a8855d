"""The rule that names an edit's origin."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from echo_core.gaps import undo as undo_module
from echo_core.gaps.origins import Origins, infer_origin
from echo_core.gaps.undo import Undo, is_keystroke
from echo_core.records.events import Origin
from echo_core.text.edits import Edit, apply_all
from echo_daemon.replay.trace_file import read_trace
from echo_testing import origin_tables
from echo_testing.labelled import LabelledClient

CODE = "def f(a, b):\n    return a\n\n\n" + "x = 1\n" * 100


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("something", [Edit(5, 5, "x")], Origin.TYPED),
        ("something", [Edit(0, 9, "other")], Origin.EXTERNAL),
        ("f( a )\n", [Edit(0, 7, "f(a)\n")], Origin.FORMATTER),
        ("", [Edit(0, 0, "x")], Origin.TYPED),
        (CODE, [Edit(500, 500, "xy"), Edit(1, 1, "x")], Origin.AUTOMATIC),
        (CODE, [Edit(500, 500, "x"), Edit(1, 1, "x")], Origin.TYPED),
        (CODE, [Edit(500, 501, "name"), Edit(1, 2, "name")], Origin.AUTOMATIC),
        (CODE, [Edit(13, 13, "    "), Edit(30, 30, "    ")], Origin.TYPED),
        ("something", [Edit(5, 5, "\n    "), Edit(3, 4, "")], Origin.TYPED),
        (CODE, [Edit(8, 9, ""), Edit(12, 16, "  "), Edit(4, 4, " ")], Origin.FORMATTER),
        (CODE, [Edit(8, 9, ""), Edit(8, 8, "  "), Edit(4, 4, " ")], Origin.TYPED),
        (CODE, [Edit(4, 12, "f(\n    a,\n    b,\n):"), Edit(1, 1, " ")], Origin.FORMATTER),
        (CODE, [Edit(6, 10, "a,\n      b")], Origin.FORMATTER),
        (CODE, [Edit(13, 17, "")], Origin.TYPED),
        ("f(\n    a)", [Edit(2, 8, " a")], Origin.TYPED),
        (CODE, [Edit(29, 29, "\n"), Edit(13, 17, "")], Origin.TYPED),
        (CODE, [Edit(4, 5, "f")], Origin.TYPED),
        (CODE, [Edit(13, 17, "     "), Edit(30, 31, "  ")], Origin.TYPED),
        (CODE, [Edit(40, 40, "// "), Edit(13, 13, "// ")], Origin.TYPED),
        ("something", [Edit(5, 5, "import os\r\nimport sys")], Origin.PASTED),
        ("something", [Edit(5, 5, "\n\tx\n")], Origin.TYPED),
        ("something", [Edit(5, 5, "a_very_long_identifier_indeed")], Origin.PASTED),
        ("something", [], Origin.TYPED),
    ],
)
def test_origin(text: str, edits: list[Edit], expected: Origin) -> None:
    assert infer_origin(text, edits) is expected


def test_what_is_known_wins_over_what_it_looks_like() -> None:
    origins = Origins()
    edits = [Edit(0, 9, "other")]
    assert origins.take("something", edits, accepted=True, reloaded=True) is Origin.ACCEPTED
    assert origins.take("something", edits, reloaded=True) is Origin.EXTERNAL
    assert origins.take("something", edits) is Origin.EXTERNAL


class Typist:
    """A document and its memory."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.undo = Undo()

    def edit(self, *edits: Edit) -> bool:
        restored = self.undo.take(self.text, edits)
        self.text = apply_all(self.text, edits)
        return restored


def test_undo_and_redo_restore_what_was() -> None:
    typist = Typist("a = \n")
    for at, key in enumerate("value"):
        assert not typist.edit(Edit(4 + at, 4 + at, key))
    assert typist.edit(Edit(4, 9, ""))
    assert typist.edit(Edit(4, 4, "value"))
    assert not typist.edit(Edit(4, 4, "other"))
    assert not typist.edit(Edit(5, 10, ""))
    assert not typist.edit(Edit(4, 6, ""), Edit(0, 0, "xy"))
    assert typist.edit(Edit(0, 2, ""), Edit(4, 4, "oa"))


def test_a_word_in_the_place_of_itself_is_no_undo() -> None:
    typist = Typist("word")
    assert not typist.edit(Edit(0, 4, "word"))
    assert not typist.edit(Edit(0, 4, "word"))


def test_a_single_character_is_no_undo() -> None:
    typist = Typist()
    typist.edit(Edit(0, 0, "x"))
    assert not typist.edit(Edit(0, 1, ""))
    assert is_keystroke([Edit(0, 1, ""), Edit(5, 5, "y")])


def test_what_is_too_large_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_module, "MESSAGE_CHARS_MAX", 3)
    typist = Typist("abcdef")
    typist.edit(Edit(0, 4, ""))
    assert not typist.edit(Edit(0, 0, "abcd"))
    monkeypatch.setattr(undo_module, "TEXT_CHARS_MAX", 3)
    typist.edit(Edit(0, 0, "xy"))
    assert not typist.edit(Edit(0, 2, ""))


def test_the_tables_in_the_documents_are_what_the_program_prints() -> None:
    folder = os.environ.get("ECHO_DATA")
    if not folder:
        pytest.skip("ECHO_DATA names no folder of data")
    counted = [
        origin_tables.played(read_trace(Path(folder) / f"{name}.trace.jsonl.gz"))[0]
        for name in ("svelte", "vscode")
    ]
    written = (Path(__file__).parents[2] / "docs" / "experience.md").read_text(encoding="utf-8")
    for origin in Origin:
        assert f"| `{origin}` | {counted[0][origin]} | {counted[1][origin]} |" in written


def test_most_origins_of_a_labelled_session_are_right() -> None:
    confusions = origin_tables.confusions(LabelledClient(seed=1).steps(3_000))
    right = sum(row[truth] for truth, row in confusions.items())
    total = sum(sum(row.values()) for row in confusions.values())
    assert total == 3_000
    assert right / total > 0.9
    # Nothing that somebody else did counts as the person's own, save what nobody can know.
    assert confusions[Origin.EXTERNAL][Origin.TYPED] == 0
    assert confusions[Origin.TYPED][Origin.ACCEPTED] == 0
