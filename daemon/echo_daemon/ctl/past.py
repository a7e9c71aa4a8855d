"""`echoctl import`: what was written before Echo was there, as candidate samples.

Left out: reading history (`echo_daemon.past.history`), recording it (`echo_daemon.past.importer`).
"""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from echo_core.errors import StoreError
from echo_core.experience.past import Refusal
from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_daemon.git.program import GitProgram
from echo_daemon.past.history import FileChange, Wanted, author_of, commits, root_of
from echo_runtime.rpc import Peer

BATCH_FILES = 64  # a message; the daemon answers when they are durable
BATCH_CHARS_MAX = 8 << 20  # of texts; far below a frame
BATCH_MS_MAX = 120_000  # on a slow disk
TELL_COMMITS = 500  # between two lines where there is no terminal


@dataclass(slots=True)
class _Counts:
    commits: int = 0
    samples: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)

    @property
    def sentence(self) -> str:
        """How far it is."""
        return f"{self.commits:,} commits, {self.samples:,} samples"


@click.group("import")
def import_() -> None:
    """Take in what was written before Echo was there."""


@import_.command("git")
@click.argument("repo", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--since", default="", help="Only commits since then, as git understands dates.")
@click.option(
    "--author", default="", metavar="me|ADDRESS",
    help="Only commits of this address; `me` is git's user.email there.",
)  # fmt: skip
@click.option("--limit", default=5_000, show_default=True, help="Take so many samples at most.")
@click.pass_context
def git(context: click.Context, repo: Path, since: str, author: str, limit: int) -> None:
    """Make candidate samples of the history of REPO, newest first; recording must be on.

    A hunk of a commit is a gap: what it brought is the target, the parent's text stands around
    it. Merges, generated, binary and huge files are left out. Git runs without hooks, filters and
    network. The samples are marked `imported`; they leave this machine only where
    `echoctl consent contribute-history on` was said, too.

    \b
    Examples:
      echoctl import git . --author me --since 2024-01-01
      echoctl samples list --break imported
    """
    counts, folder = _Counts(), repo.absolute()

    async def work(peer: Peer) -> None:
        await _import(peer, folder, Wanted(since, author), limit, counts)

    around(context).with_daemon(work)
    click.echo(f"{counts.sentence}; left out:" if counts.refused else counts.sentence)
    for reason, count in sorted(counts.refused.items(), key=lambda item: -item[1]):
        click.echo(f"  {count:6,}  {reason.sentence}")


async def _import(peer: Peer, folder: Path, wanted: Wanted, limit: int, counts: _Counts) -> None:
    consent = await peer.request(
        wire.CONSENT_GET, wire.Nothing(), wire.ConsentState, timeout_ms=BATCH_MS_MAX
    )
    if not consent.record:
        raise StoreError(f"Nothing is recorded: {consent.reason}")
    program = GitProgram()
    root = await root_of(program, folder)
    if wanted.author == "me":
        wanted = replace(wanted, author=await author_of(program, root))
    sender = _Sender(peer, root, counts)
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("reading history", total=None)
        async with aclosing(commits(program, root, wanted)) as found:
            async for commit in found:
                counts.commits += 1
                counts.refused += commit.refused
                for change in commit.changes:
                    await sender.take(change, limit - counts.samples - sender.waiting)
                    if counts.samples + sender.waiting >= limit:
                        await sender.send()  # some of it may be known
                    if counts.samples >= limit:
                        break
                bar.update(task, description=counts.sentence)
                if not console.is_terminal and counts.commits % TELL_COMMITS == 0:
                    click.echo(counts.sentence, err=True)
                if counts.samples >= limit:
                    break
        await sender.send()


class _Sender:
    """Collects files into messages."""

    def __init__(self, peer: Peer, root: Path, counts: _Counts) -> None:
        self._peer = peer
        self._root = root
        self._counts = counts
        self._files: list[wire.PastFile] = []
        self._chars = 0
        self.waiting = 0  # samples that are not sent yet

    async def take(self, change: FileChange, most: int) -> None:
        """Take what a commit changed in a file, `most` hunks of it; send when there is enough."""
        edits = [(e.start, e.end - e.start, e.inserted) for e in change.edits[:most]]
        self._files.append(
            wire.PastFile(
                doc=(self._root / change.path).as_uri(),
                language=change.language,
                commit=change.commit,
                made_ms=change.made_ms,
                text=change.text,
                edits=edits,
            )
        )
        self._chars += len(change.text)
        self.waiting += len(edits)
        if len(self._files) >= BATCH_FILES or self._chars >= BATCH_CHARS_MAX:
            await self.send()

    async def send(self) -> None:
        """Send what there is, and wait until it is durable."""
        if not self._files:
            return
        batch = wire.PastFiles(self._root.as_uri(), self._files)
        self._files, self._chars, self.waiting = [], 0, 0
        answer = await self._peer.request(
            wire.IMPORT_PAST, batch, wire.PastAnswer, timeout_ms=BATCH_MS_MAX
        )
        self._counts.samples += answer.samples
        self._counts.refused += Counter({Refusal(k): n for k, n in answer.refused.items()})
