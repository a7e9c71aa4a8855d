"""`echoctl distill`: how far judging samples is, and doing it now.

Left out: what is judged and how (`echo_daemon.distilling`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from echo_core.errors import EngineError, StoreError
from echo_core.judging.checks.causes import Cause
from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_runtime.rpc import Peer

NOW_MS_MAX: Final = 7 * 86_400_000  # a model may take minutes a sample, and there are thousands
TELL_SAMPLES: Final = 100  # between two lines where there is no terminal
INTERRUPTED: Final = 130  # as a shell has it


@click.command()
@click.option("--now", is_flag=True, help="Judge what is due, idle or not; ctrl-C ends it.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Stop after so many samples."
)
@click.pass_context
def distill(context: click.Context, now: bool, limit: int | None) -> None:
    """Say how far judging samples is, or do it now.

    Samples are cut and checked while nobody types; `echoctl samples explain ID` tells of one what
    every check said. With --now it is done at once, on battery too; each sample that is done stays
    done, however it ends. Exit code 4 when the engine did not answer, 5 when the store is closed,
    130 after ctrl-C.

    \b
    Examples:
      echoctl distill
      echoctl distill --now --limit 100
    """
    if now:
        _now(context, limit or 0)
        return
    found = around(context).ask(wire.DISTILL_STATUS, wire.Nothing(), wire.DistillStatus)
    click.echo(found.sentence)
    click.echo(f"{found.due:,} to be judged, {found.kept:,} kept")
    _causes(found.dropped)


def _now(context: click.Context, limit: int) -> None:
    shown = _Shown()

    async def work(peer: Peer) -> wire.DistillReport:
        peer.on(wire.DISTILL_PROGRESS, shown.tell)
        return await peer.request(
            wire.DISTILL_NOW, wire.DistillAsk(limit), wire.DistillReport, timeout_ms=NOW_MS_MAX
        )

    try:
        with shown.bar():
            found = around(context).with_daemon(work)
    except KeyboardInterrupt:
        click.echo(f"Stopped after {shown.judged:,} samples; they stay judged.", err=True)
        context.exit(INTERRUPTED)
    passed_over = f", {found.passed_over:,} not recorded any more" if found.passed_over else ""
    click.echo(f"{found.judged:,} judged, {found.kept:,} kept{passed_over}, {found.left:,} left")
    _causes(found.dropped)
    if found.pause == "engine_down":
        raise EngineError(found.sentence)
    if found.pause in ("store_closed", "not_recording", "checks_down"):
        raise StoreError(found.sentence)


def _causes(dropped: Mapping[str, int]) -> None:
    for cause, count in sorted(dropped.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {count:6,}  {cause:20}  {Cause(cause).sentence}")


class _Shown:
    """How far it is: a bar on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self.judged = 0
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), TimeRemainingColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task("judging", total=None)

    def bar(self) -> Progress:
        """Shown inside of it."""
        return self._progress

    def tell(self, so_far: wire.DistillProgress) -> None:
        """One more sample."""
        self.judged = so_far.judged
        self._progress.update(
            self._task,
            total=so_far.due,
            completed=so_far.judged,
            description=f"judging, {so_far.kept:,} kept",
        )
        if not self._console.is_terminal and so_far.judged % TELL_SAMPLES == 0:
            line = f"{so_far.judged:,} of {so_far.due:,} judged, {so_far.kept:,} kept"
            click.echo(line, err=True)
