"""What the replay's commands refuse, and how a replay without a terminal tells how far it is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from echo_core.records import wire
from echo_daemon.ctl.demo import choose_samples, connect_editor, is_plain
from echo_daemon.ctl.main import main
from echo_daemon.ctl.show import Figures, figure_rows
from echo_daemon.ctl.trace import Meter, check_recorded
from echo_daemon.replay.typist import ReplayError


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(arguments))
    return done.exit_code, done.output


@pytest.mark.parametrize("speed", ["0", "-1", "inf", "nan", "fast"])
def test_a_speed_is_max_or_above_zero(tmp_path: Path, speed: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("")
    code, output = run("trace", "replay", str(file), "--speed", speed)
    assert code == 2
    assert "a speed is `max` or a number above 0" in output


def test_a_model_and_no_model_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("")
    code, output = run("trace", "replay", str(file), "--model", "x", "--no-model")
    assert code == 2
    assert "exclude each other" in output


def test_a_malformed_trace_ends_in_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"t":0,"kind":"focus","doc":"a"}\n{"kind": "private_name"}\n')
    code, output = run("--profile", str(tmp_path / "p"), "trace", "replay", str(file))
    assert code == 2
    assert "trace line 2" in output
    assert "private_name" not in output
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    "command", [("trace",), ("trace", "replay"), ("trace", "export"), ("demo",)]
)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    code, output = run(*command, "--help")
    assert code == 0
    assert "Usage: " in output


async def test_without_a_terminal_every_tenth_is_a_line() -> None:
    file = io.StringIO()
    meter = Meter(Console(file=file, width=80), 40)
    with meter.running():
        for lines in range(1, 41):
            await meter.played(lines)
    told = file.getvalue().strip().split("\n")
    assert told == [f"replayed {lines} of 40 lines" for lines in range(4, 41, 4)]


def figures(recorded: int | None) -> Figures:
    return Figures(
        edits_sent=3, edits_recorded=recorded, requests=0, late=0, shown=0, accepted=0,
        accepted_chars=0, accepted_kept_chars=0, typed_chars=0, latency_p50_ms=0,
        latency_p95_ms=0, tokens_per_request_p50=0,
        tokens_per_key_p50=None, keys_measured=0, gaps={}, reasons={}, samples=0, nested=0,
        events=0, wall_ms=0, closes_checked=0,
    )  # fmt: skip


def test_an_edit_that_is_missing_in_the_store_fails_the_replay() -> None:
    check_recorded(figures(3))
    check_recorded(figures(None))
    with pytest.raises(ReplayError, match="3 edits were sent and 2 recorded"):
        check_recorded(figures(2))


def test_figures_of_nothing_divide_by_nothing() -> None:
    rows = dict(figure_rows(figures(None)))
    assert rows["AR, accepted / shown"] == "– (none)"
    assert rows["text equal to close"] == "nothing to check"
    assert rows["edits sent / recorded"] == "3 / not recorded, recording is off"


@pytest.mark.parametrize(("environ", "plain"), [({}, False), ({"NO_COLOR": "1"}, True)])
def test_no_color_is_respected(environ: dict[str, str], plain: bool) -> None:
    console = Console(
        file=io.StringIO(), force_terminal=True, color_system="standard", _environ=environ
    )
    assert is_plain(console) is plain
    assert is_plain(Console(file=io.StringIO()))


def test_the_editor_is_told_the_server_s_own_command() -> None:
    text = connect_editor("/opt/echo/bin/echo-lsp")
    assert 'cmd = { "/opt/echo/bin/echo-lsp" }' in text


def test_samples_are_chosen_from_different_places_and_kept_proposals_come_first() -> None:
    def detail(number: int, target: str, proposal: str) -> wire.SampleDetail:
        row = wire.SampleRow(number, "a", "python", 0, 0, "left", len(target), 1, 0, 0)
        return wire.SampleDetail(row, "", "", "", target, "", proposal)

    details = [
        detail(1, "return total + 1", "raise"),
        detail(2, "turn total + 1", "raise"),  # asked two keys later
        detail(3, "x = 1", "x = 1"),
        detail(4, "  ", "y"),
        detail(5, "much longer than the others", "no"),
        detail(6, "short", "no"),
    ]
    assert [each.row.id for each in choose_samples(details)] == [3, 5, 1]
    assert choose_samples([]) == []
