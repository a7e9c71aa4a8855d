"""A run's curve: what was said last of a step holds, and a damaged line is none."""

from __future__ import annotations

from pathlib import Path

from echo_trainer.runs import curve
from echo_trainer.runs.folders import RunFolder


def test_a_step_that_is_said_again_holds_as_said_last(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert curve.read(folder) == {}
    curve.note(folder, 10, {"loss": 2.0})
    curve.note(folder, 20, {"loss": 1.5})
    curve.note(folder, 10, {"loss": 1.9, "rate": 0.1})
    with folder.curve.open("a") as file:
        file.write('{"step": 30, "loss": NaN}\n{"loss": 1}\n[]\n{"step": 40, "lo')
    assert curve.read(folder) == {10: {"loss": 1.9, "rate": 0.1}, 20: {"loss": 1.5}, 30: {}}
