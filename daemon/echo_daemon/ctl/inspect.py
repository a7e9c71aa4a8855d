"""`echoctl status | doctor | logs | stop | paths`: looking into a running Echo."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import sys
from collections import deque
from pathlib import Path
from typing import Final

import click
import psutil

from echo_core.errors import DaemonError, EchoError
from echo_core.judging.checks.causes import Cause
from echo_core.records import wire
from echo_core.records.reasons import Reason
from echo_daemon.ctl import releases
from echo_daemon.ctl.around import Around, around
from echo_daemon.models.progress import size_text
from echo_daemon.models.shelf import Shelf
from echo_runtime.lock import holder_pid, let_go
from echo_runtime.settings import changed
from echo_runtime.settings_file import load_settings
from echo_runtime.settings_forms import as_toml

GOOD, BAD, NOTE = "ok  ", "FAIL", "note"
STOP_MS_MAX: Final = 60_000  # its engine is ended and its log written first


@click.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Say in a few lines what the daemon is doing; exit code 6 when none runs."""
    found = around(context).ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus, start=False)
    up = found.uptime_ms // 1000
    click.echo(
        f"daemon     {found.version}, pid {found.pid}, up {up // 3600}:{up // 60 % 60:02}:"
        f"{up % 60:02}, {found.fronts} connected, {found.documents} documents"
    )
    restarts = f", restarted {found.engine_restarts} times" if found.engine_restarts else ""
    click.echo(f"engine     {found.engine_state}, model {found.model or 'none'}{restarts}")
    if found.engine_note:
        click.echo(f"           {found.engine_note}")
    click.echo(
        f"recording  {'on' if found.status.recording else 'off'}, store {found.store_state}, "
        f"{size_text(found.store_bytes)}, {found.events_recorded} events, {found.gaps_live} gaps"
    )
    with contextlib.suppress(EchoError):  # there is no store yet, or it cannot be opened
        _judging(
            around(context).ask(
                wire.DISTILL_STATUS, wire.Nothing(), wire.DistillStatus, start=False
            )
        )
    with contextlib.suppress(EchoError):
        _released(
            around(context).ask(
                wire.RELEASES_STATE, wire.Nothing(), wire.ReleasesState, start=False
            )
        )
    if found.status.message:
        click.echo(found.status.message)
    if found.watch_note:
        click.echo(found.watch_note)
    for name, count in sorted(found.reasons.items(), key=lambda item: -item[1]):
        click.echo(f"  {count:6}  {Reason(name).sentence}")


def _released(found: wire.ReleasesState) -> None:
    if found.repository or found.release:
        for line in [*releases.lines(found), *releases.refusals(found)]:
            click.echo(line)


def _judging(found: wire.DistillStatus) -> None:
    click.echo(
        f"samples    {found.due} to be judged, {found.kept} kept, "
        f"{sum(found.dropped.values())} dropped. {found.sentence}"
    )
    for cause, count in sorted(found.dropped.items(), key=lambda item: -item[1]):
        click.echo(f"  {count:6}  {Cause(cause).sentence}")


@click.command()
@click.option("--load/--no-load", default=True, help="Load the model to describe the engine.")
@click.pass_context
def doctor(context: click.Context, load: bool) -> None:
    """Check everything that Echo needs; each line says what to do where it is not well.

    Starts the daemon where none runs, and loads the model. Exit code 1 when something fails.
    """
    here = around(context)
    checks = [_host(), *_settings(here), *_model(here)]
    try:
        found = here.ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus)
    except EchoError as error:
        checks.append((BAD, "daemon", str(error)))
    else:
        checks += _daemon(here, found)
        if load and found.model:
            checks += _engine(here)
    for state, name, sentence in checks:
        click.echo(f"{state}  {name:9} {sentence}")
    if any(state == BAD for state, _, _ in checks):
        context.exit(1)


def _host() -> tuple[str, str, str]:
    memory = psutil.virtual_memory()
    about = (
        f"{platform.system()} {platform.machine()}, Python {sys.version.split()[0]}, "
        f"{psutil.cpu_count(logical=False) or 1} cores, {size_text(memory.available)} of "
        f"{size_text(memory.total)} memory free"
    )
    return (GOOD, "machine", about)


def _settings(here: Around) -> list[tuple[str, str, str]]:
    path = here.profile.config_file
    try:
        own = changed(load_settings(path))
    except EchoError as error:
        return [(BAD, "settings", str(error))]
    about = f"{path}" if path.exists() else f"defaults (no {path})"
    listed = ", ".join(f"{name} = {as_toml(value)}" for name, value in own.items())
    return [(GOOD, "settings", f"{about}: {listed}" if listed else about)]


def _model(here: Around) -> list[tuple[str, str, str]]:
    shelf = Shelf(here.models_dir, here.choice_file, here.catalogue)
    try:
        chosen = shelf.chosen()
    except EchoError as error:
        return [(BAD, "model", str(error))]
    if chosen is None:
        return [(BAD, "model", Reason.NO_MODEL.sentence)]
    return [(GOOD, "model", f"{chosen.name}, {size_text(chosen.bytes)}, {chosen.path}")]


def _daemon(here: Around, found: wire.DaemonStatus) -> list[tuple[str, str, str]]:
    checks = [
        (GOOD, "daemon", f"version {found.version}, pid {found.pid}, {found.fronts} connected"),
        (GOOD, "socket", f"{here.profile.socket_path}, mode {_mode(here.profile.socket_path)}"),
    ]
    recording = "on" if found.status.recording else "off"
    state = BAD if found.store_state in ("failed", "paused") else GOOD
    about = (
        f"recording {recording}, {found.store_state}, {size_text(found.store_bytes)}, "
        f"{found.events_recorded} events"
    )
    checks.append((state, "store", about))
    checks.append((GOOD, "key", found.key_source or "none yet; made when recording is switched on"))
    return checks


def _engine(here: Around) -> list[tuple[str, str, str]]:
    try:
        about = here.ask(wire.ENGINE_DESCRIBE, wire.Nothing(), wire.EngineDescription)
    except EchoError as error:
        return [(BAD, "engine", str(error))]
    sentence = (
        f"{about.architecture} ({about.family}), {about.quantisation}, "
        f"{about.parameters / 1e6:.0f} M parameters, {about.threads} threads, "
        f"{about.context_tokens} tokens, flash attention "
        f"{'on' if about.flash_attention else 'off'}, loaded in {about.load_ms} ms, "
        f"pid {about.pid}, {about.llama_cpp}"
    )
    gpu = (
        f"backend {about.backend}, {about.gpu_layers} of {about.layers} layers on a GPU; "
        f"{about.devices or 'llama.cpp finds none'}"
    )
    checks = [(GOOD, "engine", sentence), (GOOD, "gpu", gpu)]
    if about.note:
        checks.append((NOTE, "gpu", about.note))
    return checks


def _mode(path: Path) -> str:
    try:
        return f"{path.stat().st_mode & 0o777:04o}"
    except OSError:
        return "unknown"


@click.command()
@click.option("-n", "--lines", default=40, show_default=True, help="How many of the last lines.")
@click.pass_context
def logs(context: click.Context, lines: int) -> None:
    """Print the last lines of all of Echo's logs, oldest first. They never hold source text."""
    folder = around(context).profile.state_dir
    last: deque[str] = deque(maxlen=max(0, lines))
    found: list[str] = []
    for path in folder.glob("*.log*"):
        found += path.read_text("ascii", errors="replace").split("\n")
    last.extend(sorted(line for line in found if line))  # each begins with its time
    for line in last:
        click.echo(line)
    if not last:
        click.echo(f"no logs in {folder}", err=True)


@click.command()
@click.pass_context
def stop(context: click.Context) -> None:
    """Stop the daemon; what was recorded is safe, and an editor starts it again when needed.

    Returns when it has ended, so that whatever comes next meets it neither alive nor dying.
    """
    ours = around(context)
    lock = ours.profile.lock_path
    pid = holder_pid(lock)
    try:
        ours.ask(wire.DAEMON_STOP, wire.Nothing(), wire.Nothing, start=False)
    except DaemonError as error:
        click.echo(str(error))
        return
    if pid is not None and not asyncio.run(let_go(lock, pid, ours.clock, STOP_MS_MAX)):
        raise DaemonError(f"Echo's daemon (process {pid}) does not end: `kill {pid}` ends it.")
    click.echo("The daemon has stopped.")


PLACES = ("config", "data", "models", "logs", "socket")


@click.command()
@click.argument("name", required=False, type=click.Choice(PLACES))
@click.pass_context
def paths(context: click.Context, name: str | None) -> None:
    """Print where Echo keeps its files: one `name<TAB>path` a line, or the path of NAME alone."""
    profile = around(context).profile
    places = (
        profile.config_file,
        profile.data_dir,
        profile.models_dir,
        profile.state_dir,
        profile.socket_path,
    )
    found = dict(zip(PLACES, places, strict=True))
    if name is not None:
        click.echo(found[name])
        return
    for each, path in found.items():
        click.echo(f"{each}\t{path}")
