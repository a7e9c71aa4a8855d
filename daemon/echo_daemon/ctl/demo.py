"""`echoctl demo`: Echo at work on a file of its own, in a profile that is thrown away.

Left out: the session that is typed (`echo_daemon.replay.session_source`), how things look
(`echo_daemon.ctl.show`).
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from echo_core import wire
from echo_core.errors import DaemonError
from echo_daemon.ctl import show
from echo_daemon.ctl.around import around
from echo_daemon.ctl.models import pull_model
from echo_daemon.ctl.trace import check_recorded, figures_of, make_console
from echo_daemon.models.shelf import Shelf
from echo_daemon.replay import session_source
from echo_daemon.replay.session import ASK_MS_MAX, Options, Session, open_session
from echo_daemon.replay.typist import Shown, Typist
from echo_runtime.clock import SystemClock

MODEL: Final = "qwen2.5-coder-0.5b"
SAMPLES_SHOWN: Final = 3
SAMPLES_LOOKED_AT: Final = 50


@click.command()
@click.option("--model", default=MODEL, show_default=True, help="A model of `echoctl models list`.")
@click.option(
    "--keep", is_flag=True, help="Do not remove the throw-away profile; print where it is."
)
@click.pass_context
def demo(context: click.Context, *, model: str, keep: bool) -> None:
    """Show Echo at work: a short session over a file of Echo itself, with a real model.

    The model is fetched if it is not here. Everything is recorded into an encrypted store in a
    throw-away profile, mined, counted, and removed at the end.

    \b
    Example:
      echoctl demo
    """
    here = around(context)
    if Shelf(here.models_dir, here.choice_file, here.catalogue).find(model) is None:
        context.invoke(pull_model, name=model, source=None)
    console = make_console()
    asyncio.run(_demonstrate(Options(model=model, keep=keep), console))


async def _demonstrate(options: Options, console: Console) -> None:
    clock = SystemClock()
    plain = is_plain(console)
    lines = session_source.session(session_source.installed_source())
    async with open_session(options, clock) as session:
        _introduce(session, options, console)
        watcher = _Watcher(session, console, plain)
        typist = Typist(session.editor, clock, watcher=watcher)
        began_ms = clock.steady_ms()
        played = await typist.play(lines)
        after = await session.finish(clock)
        figures = figures_of(session, played, after, clock.steady_ms() - began_ms)
        console.print()
        console.rule("what was counted", align="left", characters="-")
        console.print(show.figures(figures))
        console.print()
        console.rule("some of what Echo would learn from", align="left", characters="-")
        for sample in await _some_samples(session):
            console.print(show.sample(sample, plain=plain))
            console.print()
        check_recorded(figures)
    console.rule("in your own editor", align="left", characters="-")
    console.print(connect_editor(server_command()), markup=False, soft_wrap=True)


def is_plain(console: Console) -> bool:
    """Whether ghost text cannot be told by its style: no terminal, or no colour wanted."""
    return console.color_system is None or console.no_color


def _introduce(session: Session, options: Options, console: Console) -> None:
    model = session.model
    if model is not None:
        console.print(
            f"Model {model.model}: {model.parameters / 1e6:,.0f} M parameters, "
            f"{model.quantisation}, {model.backend}, {model.threads} threads, "
            f"loaded in {model.load_ms:,} ms.",
            markup=False,
        )
    kept = "kept" if options.keep else "removed at the end"
    console.print(f"Throw-away profile, {kept}: {session.profile.home}", markup=False)
    console.print("Recording is switched on there, encrypted, and nowhere else.")
    console.print(
        f"A typist removes function bodies of {session_source.DOC} and writes them again; at each "
        "pause the language server is asked, and what agrees with the typing is accepted.",
        markup=False,
    )
    console.print()


@dataclass(slots=True)
class _Watcher:
    """Prints every completion as it comes."""

    session: Session
    console: Console
    plain: bool
    _answers: int = field(default=0)

    async def played(self, lines: int) -> None:
        """Nothing: the completions show how far it is."""

    async def answered(self, shown: Shown) -> None:
        """Print one request."""
        last = await self._last()
        self.console.print(
            show.ghost(
                show.Ghost(
                    before=shown.before,
                    proposal=shown.inserted,
                    taken=shown.taken,
                    late=shown.late,
                    wait_ms=shown.wait_ms,
                    tokens_evaluated=None if last is None else last.tokens_evaluated,
                    reason="" if last is None else last.reason,
                ),
                plain=self.plain,
            )
        )

    async def _last(self) -> wire.LastCompletion | None:
        """The daemon's figures for the answer just given; None when it was another's."""
        try:
            last = await self.session.ask_last()
        except DaemonError:
            return None
        if last.answers == self._answers:
            return None  # the language server answered by itself
        self._answers = last.answers
        return last


async def _some_samples(session: Session) -> list[wire.SampleDetail]:
    """A few samples worth reading: those with an accepted proposal first, then the longest."""
    query = wire.SamplesQuery(limit=SAMPLES_LOOKED_AT, with_proposal=True)
    found = await session.peer.request(
        wire.SAMPLES_LIST, query, wire.SampleList, timeout_ms=ASK_MS_MAX
    )
    rows = sorted(found.rows, key=lambda row: (-row.accepted_chars, -row.target_chars, row.id))
    samples: list[wire.SampleDetail] = []
    for row in rows[:SAMPLES_SHOWN]:
        detail = await session.peer.request(
            wire.SAMPLES_SHOW, wire.SampleQuery(row.id), wire.SampleDetail, timeout_ms=ASK_MS_MAX
        )
        samples.append(detail)
    return samples


def server_command() -> str:
    """The language server of this installation, as an editor's settings name it."""
    beside = Path(sys.executable).with_name("echo-lsp")
    return str(beside) if beside.exists() else shutil.which("echo-lsp") or "echo-lsp"


def connect_editor(command: str) -> str:
    """How an editor is connected, for the language server at `command`."""
    return f"""\
Echo speaks LSP 3.18 inline completion over stdio; the server's command is
  {command}
Neovim 0.12, in init.lua:
  vim.lsp.config("echo", {{ cmd = {{ "{command}" }}, root_markers = {{ ".git" }} }})
  vim.lsp.enable("echo")
  vim.lsp.inline_completion.enable()
  vim.keymap.set("i", "<Tab>", function()
    if not vim.lsp.inline_completion.get() then return "<Tab>" end
  end, {{ expr = true }})
Completion works at once; nothing is recorded until you run `echoctl consent record on`."""
