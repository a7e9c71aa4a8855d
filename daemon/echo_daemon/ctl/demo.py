"""`echoctl demo`: Echo at work on a file of its own, in a profile that is thrown away.

Left out: the session that is typed (`echo_daemon.replay.session_source`), how things look
(`echo_daemon.ctl.show`).
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from echo_core.records import wire
from echo_daemon.ctl import show
from echo_daemon.ctl.around import around
from echo_daemon.ctl.models import pull_model
from echo_daemon.ctl.trace import check_recorded, figures_of, make_console
from echo_daemon.models.shelf import Shelf
from echo_daemon.replay import session_source
from echo_daemon.replay.costs import KeyCosts
from echo_daemon.replay.session import ASK_MS_MAX, Options, Session, open_session
from echo_daemon.replay.typist import Shown, Typist
from echo_runtime.clock import SystemClock

MODEL: Final = "qwen2.5-coder-0.5b"
EVERY_KEY_PLACES: Final = 2  # the last places; there it is asked at each key, as editors do
TYPED_THROUGH: Final = "typed_through"  # `CompletionAnswer.hit`: no engine was asked
SAMPLES_SHOWN: Final = 3
SAMPLES_LOOKED_AT: Final = 100


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
        every_key_from_ms = session_source.place_starts(lines)[-EVERY_KEY_PLACES]
        watcher = _Watcher(KeyCosts(session), console, plain)
        typist = Typist(session.editor, clock, every_key_from_ms=every_key_from_ms, watcher=watcher)
        began_ms = clock.steady_ms()
        played = await typist.play(lines)
        watcher.finish()
        after = await session.finish(clock)
        figures = figures_of(session, played, after, watcher.costs, clock.steady_ms() - began_ms)
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
        f"A typist removes code of {session_source.DOC} and writes it again. At each pause, and "
        "for the last two places at each key, the language server is asked; what agrees with "
        "the typing is accepted.",
        markup=False,
    )
    console.print()


@dataclass(slots=True)
class _Watcher:
    """Prints every completion as it comes: in full at pauses, in one line between two keys.

    Keys along which a proposal goes on are told once, when it ends.
    """

    costs: KeyCosts
    console: Console
    plain: bool
    along_ms: list[float] = field(default_factory=list)

    async def played(self, lines: int) -> None:
        """Nothing: the completions show how far it is."""

    async def answered(self, shown: Shown) -> None:
        """Print one request."""
        last = await self.costs.note(shown)
        between = shown.keys == 1
        if between and not shown.taken and last is not None and last.hit == TYPED_THROUGH:
            self.along_ms.append(shown.wait_ms)
            return
        self.finish()
        one = show.Ghost(
            before=shown.before,
            proposal=shown.inserted,
            taken=shown.taken,
            late=shown.late,
            wait_ms=shown.wait_ms,
            tokens_evaluated=None if last is None else last.tokens_evaluated,
            reason="" if last is None else last.reason,
        )
        draw = show.ghost_line if between else show.ghost
        self.console.print(draw(one, plain=self.plain))

    def finish(self) -> None:
        """Tell of the keys that were typed along the last proposal."""
        if self.along_ms:
            self.console.print(show.typed_along(self.along_ms))
            self.along_ms.clear()


async def _some_samples(session: Session) -> list[wire.SampleDetail]:
    """A few samples worth reading: proposals that were kept first, then the longest targets.

    One of each place: where it is asked at each key, every key has a sample of its own.
    """
    query = wire.SamplesQuery(limit=SAMPLES_LOOKED_AT, with_proposal=True)
    found = await session.peer.request(
        wire.SAMPLES_LIST, query, wire.SampleList, timeout_ms=ASK_MS_MAX
    )
    details = [
        await session.peer.request(
            wire.SAMPLES_SHOW, wire.SampleQuery(row.id), wire.SampleDetail, timeout_ms=ASK_MS_MAX
        )
        for row in found.rows
    ]
    return choose_samples(details)


def choose_samples(details: Sequence[wire.SampleDetail]) -> list[wire.SampleDetail]:
    """At most `SAMPLES_SHOWN`, no two of which end in the same kept text."""
    ranked = sorted(details, key=lambda each: (not _was_kept(each), -len(each.target), each.row.id))
    chosen: list[wire.SampleDetail] = []
    for each in ranked:
        kept = each.target.strip()
        others = [other.target.strip() for other in chosen]
        if kept and not any(kept.endswith(one) or one.endswith(kept) for one in others):
            chosen.append(each)
    return chosen[:SAMPLES_SHOWN]


def _was_kept(detail: wire.SampleDetail) -> bool:
    return bool(detail.proposal) and detail.target.startswith(detail.proposal)


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
