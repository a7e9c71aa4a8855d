"""Answers outlive a gate that was killed, and belong to one version and one way of asking."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_core.errors import TrainerError
from echo_trainer.gate.ledger import Ledger


def test_what_was_answered_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "gate" / "answers.jsonl"
    first = Ledger(path, "a")
    first.keep("sample", "one", "m", {"exact": True})
    assert first.find("sample", "one", "m") == {"exact": True}
    again = Ledger(path, "a")
    assert again.find("sample", "one", "m") == {"exact": True}
    assert again.find("sample", "one", "n") is None
    assert again.find("time", "one", "m") is None


def test_a_torn_line_is_as_none(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    first = Ledger(path, "a")
    first.keep("sample", "one", "m", {"exact": True})
    first.keep("sample", "two", "m", {"exact": True})
    path.write_bytes(path.read_bytes()[:-9])
    again = Ledger(path, "a")
    assert len(again) == 1
    again.keep("sample", "two", "m", {"exact": False})
    assert Ledger(path, "a").find("sample", "two", "m") == {"exact": False}


@pytest.mark.parametrize("content", [b"", b"[]\n", b"\xff\n", b'{"form": 9, "of": "a"}\n'])
def test_answers_to_something_else_are_not_used(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(content + b'{"task": "t", "key": "k", "model": "m", "figures": {}}\n')
    assert len(Ledger(path, "a")) == 0
    Ledger(path, "a").keep("t", "k", "m", {})
    assert len(Ledger(path, "a")) == 1
    assert len(Ledger(path, "b")) == 0


def test_samples_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    first = Ledger(path, "a")
    for task, key in (("sample", "one"), ("sample", "two"), ("time", "two")):
        first.keep(task, key, "m", {})
    first.only("sample", {"one"})
    assert b"sample" in path.read_bytes()
    again = Ledger(path, "a")
    assert again.find("sample", "two", "m") is None
    assert again.find("time", "two", "m") == {}


def test_a_folder_in_the_way_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.mkdir()
    with pytest.raises(TrainerError, match="cannot be written"):
        Ledger(path, "a")
