"""What the gate has learned outlives the daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_core.completion.gate import Evidence, Gate
from echo_core.errors import StoreError
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.gate_file import GateFile
from echo_daemon.completion.values import CompletionOptions
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_testing.desk import Desk

LEARNED = Gate().learned(Evidence(-1.0, -1.0, 10), wanted=True)


def test_it_is_kept(tmp_path: Path) -> None:
    file = GateFile(tmp_path / "gate.json")
    assert file.load() == Gate()
    file.keep(Gate())
    assert list(tmp_path.iterdir()) == []  # nothing was learned
    file.keep(LEARNED)
    assert GateFile(tmp_path / "gate.json").load() == LEARNED
    assert [path.name for path in tmp_path.iterdir()] == ["gate.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'{"mean": "much"}'])
def test_nonsense_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gate.json").write_bytes(content)
    assert GateFile(tmp_path / "gate.json").load() == Gate()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = GateFile(tmp_path / "away" / "gate.json")
    file.keep(LEARNED)
    assert file.load() == Gate()


def test_what_is_erased_is_not_kept_again(tmp_path: Path) -> None:
    desk = Desk()
    file = GateFile(tmp_path / "gate.json")
    completer = Completer(
        desk.engine,
        CompletionOptions(),
        desk.clock,
        TreeSitterStructure(desk.clock),
        gate_file=file,
    )
    completer.learn(Evidence(-1.0, -1.0, 10), wanted=True)
    completer.keep()
    assert file.load() == LEARNED
    completer.unlearn()
    completer.keep()
    assert completer.gate == Gate()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_said(tmp_path: Path) -> None:
    (tmp_path / "gate.json").mkdir()
    with pytest.raises(StoreError, match="remove it yourself"):
        GateFile(tmp_path / "gate.json").erase()
