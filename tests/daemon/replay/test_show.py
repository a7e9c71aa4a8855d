"""Golden drawings of what replays print, in a terminal without colour and in one with."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from echo_core.records import wire
from echo_daemon.ctl import show


def drawn(what: RenderableType, *, width: int = 60, colour: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        _environ={},
    )
    console.print(what)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


def drawing(
    before: str,
    proposal: str,
    taken: str,
    wait_ms: float,
    tokens: int | None,
    reason: str = "",
    *,
    late: bool = False,
) -> show.Ghost:
    return show.Ghost(before, proposal, taken, late, wait_ms, tokens, reason)


def test_an_accepted_proposal_on_a_plain_terminal() -> None:
    one = drawing("    return len(", "text)", "text)", 812.4, 3)
    assert drawn(show.ghost(one, plain=True)) == (
        "      return len(⟨text)⟩\n"
        "      ✓ accepted  812 ms  3 prompt tokens\n"
    )  # fmt: skip


def test_a_proposal_of_several_lines_and_what_was_taken_of_it() -> None:
    lines = "\n".join(f"line {number}" for number in range(1, 7))
    one = drawing("if x:", lines, "line 1", 1500, 1)
    assert drawn(show.ghost(one, plain=True)) == (
        "  if x:⟨line 1\n"
        "  line 2\n"
        "  line 3\n"
        "  line 4⟩\n"
        "  … 2 more lines\n"
        "      ✓ accepted its first line  1,500 ms  1 prompt token\n"
    )


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (drawing("x", "y", "", 9, None), "      · typed on  9 ms"),
        (drawing("x", "", "", 9, None, late=True), "      · too late, typed on  9 ms"),
        (drawing("x", "", "", 9, 0, "no_model"),
         "      · silence (no_model)  9 ms  0 prompt tokens"),
    ],
)  # fmt: skip
def test_verdicts(one: show.Ghost, verdict: str) -> None:
    assert drawn(show.ghost(one, plain=True)).rstrip("\n").split("\n")[-1] == verdict


def test_a_narrow_terminal_crops_and_never_wraps() -> None:
    one = drawing("a" * 30, "b" * 30, "", 1, None)
    lines = drawn(show.ghost(one, plain=True), width=40).split("\n")
    assert lines[0] == "  " + "a" * 30 + "⟨" + "b" * 6 + "…"
    assert max(map(len, lines)) <= 40


def test_a_request_between_two_keys_is_one_line() -> None:
    one = drawing("    x = ", "len(text)\nreturn x", "len(text)", 1250.2, 1)
    assert drawn(show.ghost_line(one, plain=True)) == (
        "  1,250 ms    1 tok  ✓     x = ⟨len(text)…⟩\n"
    )
    silent = drawing("    " + "x" * 60, "", "", 3, None)
    assert drawn(show.ghost_line(silent, plain=True), width=40) == (
        "      3 ms                 xxxxxxxxxxxx…\n"
    )


def test_keys_along_a_proposal_are_told_once() -> None:
    assert drawn(show.typed_along([1.4, 2.2])) == "      2 ms    0 tok    … 2 keys typed along it\n"
    assert drawn(show.typed_along([1])) == "      1 ms    0 tok    … 1 key typed along it\n"


def test_ghost_text_is_dim_and_italic_in_colour() -> None:
    one = drawing("x = ", "1", "1", 5, None)
    text = drawn(show.ghost(one, plain=False), colour=True)
    assert "x = \x1b[2;3m1\x1b[0m" in text
    assert "⟨" not in text


def test_a_source_text_cannot_steer_the_terminal() -> None:
    one = drawing("\x1b[31mx\t\x7f\x9b", "\x07y", "", 5, None)
    assert drawn(show.ghost(one, plain=True)).split("\n")[0] == "  ␛[31mx  ␡\ufffd⟨␇y⟩"


FIGURES = show.Figures(
    edits_sent=1200, edits_recorded=1200, requests=40, late=2, shown=20, accepted=5,
    accepted_chars=150, accepted_kept_chars=120, typed_chars=450, latency_p50_ms=640.4,
    latency_p95_ms=2100, tokens_per_request_p50=6.0, tokens_per_key_p50=2.0,
    keys_measured=12, gaps={"left": 3, "closed": 1, "live": 0},
    reasons={"proposed": 30, "filtered": 8}, samples=4, nested=31, events=2000, wall_ms=4000,
    closes_checked=1,
)  # fmt: skip


def test_the_table_of_figures() -> None:
    assert drawn(show.figures(FIGURES), width=70) == (
        "edits sent / recorded          1,200 / 1,200 (equal)\n"
        "requests                       40 (2 too late)\n"
        "answers                        proposed 30 · filtered 8\n"
        "shown                          20\n"
        "accepted                       5\n"
        "AR, accepted / shown           25.0% (5 / 20)\n"
        "GR, kept / written characters  20.0% (120 / 600)\n"
        "latency p50 / p95              640 ms / 2,100 ms\n"
        "prompt tokens per request p50  6.0\n"
        "prompt tokens per key p50      2.0 (inside gaps, 12 keys)\n"
        "gaps by reason                 left 3 · closed 1\n"
        "samples                        4 (31 gaps nested in their bursts)\n"
        "wall time                      4.0 s\n"
        "events per second              500 (2,000 events)\n"
        "text equal to close            yes (1 checked)\n"
    )


ROW = wire.SampleRow(7, "file:///src/a.py", "python", 0, 1500, "left", 9, 1, 0, 8)
DETAIL = wire.SampleDetail(
    ROW, "r", "qwen", "a\nb\ndef f():\n    ", "return 1\n", "\nx = 2\n", "return 2"
)


def test_a_sample_in_short() -> None:
    assert drawn(show.sample(DETAIL, plain=True)) == (
        "sample 7  a.py  ended: left\n"
        "  context   b\n"
        "            def f():\n"
        "\n"
        "  proposed  ⟨return 2⟩\n"
        "  kept      return 1\n"
        "\n"
    )


def test_a_sample_in_full() -> None:
    assert "".join(drawn(line) for line in show.sample_lines(DETAIL)) == (
        "sample 7  file:///src/a.py\n"
        "  python, qwen, lived 1.5 s, ended: left\n"
        "  before    a\n"
        "            b\n"
        "            def f():\n"
        "\n"
        "  proposed  ⟨return 2⟩\n"
        "  kept      return 1\n"
        "\n"
        "  after\n"
        "            x = 2\n"
        "\n"
    )
