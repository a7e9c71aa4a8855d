"""`echoctl trace`: play a trace through the real language server, or write one from the store.

Left out: how it is played (`echo_daemon.replay`), how results look (`echo_daemon.ctl.show`).
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from echo_core.errors import InputError
from echo_core.records import trace as trace_format
from echo_core.records import wire
from echo_core.text.document import Encoding
from echo_daemon.ctl import show
from echo_daemon.ctl.around import around
from echo_daemon.ctl.data import span_ms
from echo_daemon.replay.costs import KeyCosts
from echo_daemon.replay.recorded import Retyper
from echo_daemon.replay.seen import Counts
from echo_daemon.replay.session import Options, Session, open_session
from echo_daemon.replay.trace_file import editors_lines, read_all
from echo_daemon.replay.typist import Played, ReplayError, Shown
from echo_runtime.clock import SystemClock
from echo_runtime.rpc import Peer

PAGE_LINES = 5000  # of an export; a page stays far below a frame even with whole documents
EXPORT_MS_MAX = 60_000  # a page of a large store on a slow disk
TENTHS = 10  # how often a replay says how far it is where there is no terminal


class SpeedType(click.ParamType[float | None]):
    """`max`, or a positive number: how many times faster than the trace."""

    name = "N|max"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """The factor, or None for as fast as possible."""
        if value is None or value == "max":
            return None
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0.0 < speed < float("inf"):
            self.fail("a speed is `max` or a number above 0", param, ctx)
        return speed


def make_console() -> Console:
    """A console for standard output that prints a `?` where the encoding lacks a character."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False)


class Meter:
    """Tells how far a replay is: a bar on a terminal, a line every tenth elsewhere."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._tenth = 0
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=console, transient=True,
            )  # fmt: skip
            self._task = self._bar.add_task("replay", total=total)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Show the bar for as long as this is open."""
        if self._bar is None:
            yield
            return
        with self._bar:
            yield

    async def played(self, lines: int) -> None:
        """So many lines are done in all."""
        if self._bar is not None:
            self._bar.update(self._task, completed=lines)
            return
        tenth = lines * TENTHS // max(1, self._total)
        if tenth > self._tenth:
            self._tenth = tenth
            self._console.print(f"replayed {lines:,} of {self._total:,} lines")


class _Measuring:
    """Watches a replay that prints figures, not text."""

    def __init__(self, meter: Meter, costs: KeyCosts) -> None:
        self._meter = meter
        self.costs = costs

    async def played(self, lines: int) -> None:
        """Move the meter."""
        await self._meter.played(lines)

    async def answered(self, shown: Shown) -> None:
        """Take down what a key cost."""
        await self.costs.note(shown)


@click.group()
def trace() -> None:
    """Play recorded editing sessions, or write the store's sessions as traces."""


@trace.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", default="", help="Complete with this model of the shelf.")
@click.option("--no-model", is_flag=True, help="Complete nothing; requests are still made.")
@click.option(
    "--speed", type=SpeedType(), default="1", show_default=True,
    help="N times the trace's speed, or `max`: as fast as possible, waiting for every answer.",
)  # fmt: skip
@click.option("--every-key", is_flag=True, help="Ask at each typed key, not only at pauses.")
@click.option(
    "--profile", "profile_dir", type=click.Path(file_okay=False, path_type=Path),
    help="Use this profile (an ECHO_HOME) instead of a throw-away one, as it is set up there; "
    "--model and --no-model change its choice of model.",
)  # fmt: skip
@click.option(
    "--recorded", is_flag=True,
    help="Ask where the trace asked, and answer as it says: what is mined comes out alike.",
)  # fmt: skip
@click.option(
    "--keep", is_flag=True, help="Do not remove the throw-away profile; print where it is."
)
@click.option(
    "--encoding", type=click.Choice([each.value for each in Encoding]),
    default=Encoding.UTF16.value, show_default=True, help="How the editor counts positions.",
)  # fmt: skip
def replay(
    *,
    file: Path,
    model: str,
    no_model: bool,
    speed: float | None,
    every_key: bool,
    profile_dir: Path | None,
    recorded: bool,
    keep: bool,
    encoding: str,
) -> None:
    """Play the trace FILE (JSON lines, may be gzipped) through the real language server.

    Completions are asked for at typing pauses, and accepted where they agree with what the trace
    types next. The texts must end as the trace says, and every edit must be recorded.

    \b
    Examples:
      echoctl trace replay session.jsonl.gz --no-model --speed max
      echoctl trace replay session.jsonl --model qwen2.5-coder-0.5b --every-key
      echoctl trace replay session.jsonl --recorded --speed 1
    """
    if model and no_model:
        raise click.UsageError("--model and --no-model exclude each other")
    if recorded and (model or no_model or every_key or profile_dir is not None):
        raise click.UsageError("--recorded excludes --model, --no-model, --every-key and --profile")
    console = make_console()
    answers = file if recorded else None
    options = Options(model, no_model, profile_dir, keep, Encoding(encoding), answers)
    lines = read_all(file)
    asyncio.run(_replay(lines, options, console, speed=speed, every_key=every_key))


async def _replay(
    lines: list[trace_format.AnyLine],
    options: Options,
    console: Console,
    *,
    speed: float | None,
    every_key: bool,
) -> None:
    clock = SystemClock()
    async with open_session(options, clock) as session:
        for sentence in where(session, options):
            console.print(sentence, markup=False)
        meter = Meter(console, len(lines))
        watcher = _Measuring(meter, KeyCosts(session))
        typist = Retyper(
            session.editor,
            clock,
            speed=speed,
            every_key_from_ms=0 if every_key else None,
            watcher=watcher,
        )
        began_ms = clock.steady_ms()
        with meter.running():
            if options.recorded is not None:
                played = await typist.replay(lines)
            else:
                played = await typist.play(editors_lines(lines))
            after = await session.finish(clock)
        figures = figures_of(session, played, after, watcher.costs, clock.steady_ms() - began_ms)
        console.print(show.figures(figures))
        check_recorded(figures)


def where(session: Session, options: Options) -> Iterator[str]:
    """What a person should know before a replay begins."""
    model = "no model" if session.model is None else f"model {session.model.model}"
    if session.throw_away:
        yield f"Throw-away profile {session.profile.home} with {model}."
        yield "Recording is switched on in this profile only."
        kept = "is kept" if options.keep else "is removed at the end"
        yield f"The profile {kept}."
    else:
        yield f"Profile {session.profile.home} with {model}."
        if not session.recording:
            yield "Nothing is recorded: recording is off in this profile."


def figures_of(
    session: Session, played: Played, after: wire.Metrics, costs: KeyCosts, wall_ms: float
) -> show.Figures:
    """What the replay added to the store; the editor's own counts where nothing is recorded.

    Percentiles are those of the whole store, which is the replay's own in a throw-away profile.
    """
    before, counts = session.before, session.editor.counts
    recorded = session.recording
    events = sum(after.events.values()) - sum(before.events.values())
    return show.Figures(
        edits_sent=counts.edits,
        edits_recorded=after.edits - before.edits if recorded else None,
        requests=counts.requests,
        late=played.late,
        shown=after.shown - before.shown if recorded else counts.shown,
        accepted=after.accepted - before.accepted if recorded else _accepted(counts),
        accepted_chars=after.accepted_chars - before.accepted_chars,
        accepted_kept_chars=after.accepted_kept_chars - before.accepted_kept_chars,
        typed_chars=after.typed_chars - before.typed_chars,
        latency_p50_ms=after.latency_p50_ms,
        latency_p95_ms=after.latency_p95_ms,
        tokens_per_request_p50=after.tokens_per_key_p50,
        tokens_per_key_p50=costs.tokens_p50(),
        keys_measured=costs.keys,
        gaps=_added(before.gaps, after.gaps),
        reasons=_added(before.reasons, after.reasons),
        samples=after.samples - before.samples,
        nested=after.nested - before.nested,
        events=events if recorded else played.lines,
        wall_ms=wall_ms,
        closes_checked=played.closes_checked,
    )


def _accepted(counts: Counts) -> int:
    return counts.accepted + counts.accepted_in_part


def _added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in after.items()}


def check_recorded(figures: show.Figures) -> None:
    """Refuse a replay of which an edit is missing in the store.

    Raises:
        ReplayError: the numbers differ.
    """
    recorded = figures.edits_recorded
    if recorded is not None and recorded != figures.edits_sent:
        raise ReplayError(
            f"{figures.edits_sent} edits were sent and {recorded} recorded: see `echoctl logs`"
        )


@trace.command()
@click.option("--session", default="", help="The session's id; default: the newest one.")
@click.option("--last", help="Only what happened in the last while of it: 30s, 10m, 2h, 1d.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write to this file (0600) instead of the terminal.",
)  # fmt: skip
@click.pass_context
def export(context: click.Context, session: str, last: str | None, output: Path | None) -> None:
    """Write a recorded session as a trace. It holds your source text: mind where it goes.

    \b
    Examples:
      echoctl trace export -o today.jsonl
      echoctl trace export --last 10m
      echoctl trace export --session 5f0c1d2e3a4b5c6d | gzip > session.jsonl.gz
    """

    last_ms = 0 if last is None else span_ms(last)
    query = wire.TraceQuery(session, lines_max=PAGE_LINES, last_ms=last_ms)

    async def work(peer: Peer) -> None:
        await _export(peer, query, output)

    around(context).with_daemon(work)


async def _export(peer: Peer, query: wire.TraceQuery, output: Path | None) -> None:
    first = await _page(peer, query)
    if output is None:
        await _write_pages(peer, first, sys.stdout)
        return
    partial = output.with_name(output.name + ".partial")
    try:
        with _private_file(partial) as file:
            count = await _write_pages(peer, first, file)
        partial.replace(output)
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror})") from error
    finally:
        partial.unlink(missing_ok=True)
    click.echo(f"{count:,} lines of session {first.session} in {output}", err=True)


def _private_file(path: Path) -> IO[str]:
    def only_mine(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, "w", encoding="utf-8", newline="\n", opener=only_mine)


async def _page(peer: Peer, query: wire.TraceQuery) -> wire.TraceLines:
    return await peer.request(wire.TRACE_EXPORT, query, wire.TraceLines, timeout_ms=EXPORT_MS_MAX)


async def _write_pages(peer: Peer, page: wire.TraceLines, file: IO[str]) -> int:
    """Write `page` and those after it; how many lines there were."""
    count = 0
    while True:
        for line in page.lines:
            file.write(line.rstrip("\n") + "\n")
        count += len(page.lines)
        if not page.more:
            return count
        query = wire.TraceQuery(page.session, page.after, PAGE_LINES, start_ms=page.start_ms)
        page = await _page(peer, query)
