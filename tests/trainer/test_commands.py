"""`echo-trainer` at a terminal: loaded on demand, and errors in one sentence."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from echo_trainer.cli.main import COMMANDS, main
from tidy import tree

HEAVY = {"alembic", "daft", "deltalake", "fastapi", "obstore", "ray", "sqlalchemy", "torch", "tuf"}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\n"
        "from click.testing import CliRunner\n"
        "from echo_trainer.cli.main import main\n"
        "done = CliRunner().invoke(main, ['--help'])\n"
        "print(json.dumps([done.output, sorted(sys.modules)]))\n"
    )
    done = tree.run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    said, modules = json.loads(done.stdout)
    assert all(name in said for name in COMMANDS)
    assert HEAVY.isdisjoint(modules)
    assert {place.partition(":")[0] for place, _ in COMMANDS.values()}.isdisjoint(modules)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_help_is_the_commands_own(name: str) -> None:
    module, _, attribute = COMMANDS[name][0].partition(":")
    command: click.Command = getattr(importlib.import_module(module), attribute)
    assert COMMANDS[name][1] == command.get_short_help_str(limit=100)
    assert command.name == name


def test_settings_are_shown_with_what_holds(tmp_path: Path) -> None:
    done = CliRunner(env={"ECHO_TRAINER_STORAGE_LAKE": "file:///x"}).invoke(
        main, ["--home", str(tmp_path), "settings"]
    )
    assert done.exit_code == 0
    assert 'storage.lake = "file:///x"  # ECHO_TRAINER_STORAGE_LAKE' in done.output


def test_an_error_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    (tmp_path / "trainer.toml").write_text("[x]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "echo_trainer.cli.main", "--home", str(tmp_path), "settings"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "Error: trainer.toml: there is no [x]; known are intake, storage\n"
