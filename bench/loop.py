"""The whole way of a sample, with everything real: from a trace and from git to a version.

`python -m bench.loop [--packages click,jinja2,platformdirs] [--trace FILE] [--storage KIND]`

    a trace, replayed through the language server ─┐
    histories of three packages, imported ─────────┴▶ judged ▶ outbox ▶ sealed ▶ intake ▶ version

The daemon, the language server, `echo-trainer serve` and `echo-trainer curate` are processes;
everything is asked of them as a person asks, with `echoctl` and `echo-trainer`. On SQLite and a
folder (`local`), and on PostgreSQL and an S3-compatible store (`remote`).

Left out: a model: what needs one is said without (`docs/teaching.md`); how fast anything is.

Rules
 - Nobody's own profile is touched. All folders go away at the end.
 - What one stage counts is compared with what the next one does; a difference ends the run.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import bucket, histories, postgres
from bench.stage import plain_parser, say
from echo_core.records import trace
from echo_daemon.replay import session_source
from echo_daemon.replay.trace_file import read_trace
from echo_testing.licence_texts import MIT
from echo_testing.repos import Repo
from echo_testing.shell import Shell
from echo_testing.trainer_house import TrainerHouse

KINDS: Final = ("local", "remote")
_PARAMETERS: Final = ("contributors_min=1", "heldout_persons=0")  # one person is a private team
_NUMBER: Final = r"([\d,]+)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much goes in. `trace`: None for a made-up session over a file of Echo."""

    packages: Sequence[str] = histories.PACKAGES
    files: int = 8  # of each package
    commits: int = 6
    trace: Path | None = None
    lines: int = 0  # of the trace; 0: all


class Person:
    """Somebody who records, imports, and lets samples go."""

    def __init__(self, home: Path) -> None:
        self.shell = Shell(home)

    def say(self, *arguments: str) -> str:
        """An `echoctl` command; what it printed."""
        done = self.shell.run(*arguments)
        if done.returncode:
            raise SystemExit(f"echoctl {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def name(self, trainer: TrainerHouse, token: str) -> None:
        """Write the trainer into config.toml."""
        self.shell.profile.config_file.write_text(
            '[store]\nkey = "file"\n[sharing]\n'
            f'intake = "{trainer.url}"\nroot_key = "{trainer.ring.root}"\ntoken = "{token}"\n'
            f"delay_hours = 0\nsamples_a_day = 10000\nbytes_a_day = {1 << 30}\n",
            encoding="utf-8",
        )


def gathered(folder: Path, wanted: Wanted) -> tuple[Person, dict[str, Any]]:
    """A person whose samples are judged and wait for a trainer; how many at each stage."""
    person = Person(folder / "profile")
    counts: dict[str, Any] = {}
    try:
        for switch in ("record", "contribute", "contribute-history"):
            person.say("consent", switch, "on")
        counts["imported"] = {
            package: _imported(person, folder / "repositories" / package, package, wanted)
            for package in wanted.packages
        }
        counts["replayed"] = _replayed(person, folder / "project", wanted)
        said = person.say("distill", "--now")
        judged, kept = _numbers(rf"{_NUMBER} judged, {_NUMBER} kept", said)
        counts["judged"], counts["kept"] = judged, kept
        listed = person.say("samples", "list", "--state", "kept", "--break", "imported")
        (counts["kept_of_history"],) = _numbers(rf"of {_NUMBER} samples", listed)
    finally:
        person.shell.run("stop")
    return person, counts


def _imported(person: Person, root: Path, package: str, wanted: Wanted) -> int:
    histories.repository(root, package, files=wanted.files, commits=wanted.commits)
    said = person.say("import", "git", str(root))
    commits, samples = _numbers(rf"{_NUMBER} commits, {_NUMBER} samples", said)
    say(f"{package}: {commits} commits, {samples} samples")
    return samples


def _replayed(person: Person, project: Path, wanted: Wanted) -> int:
    repo = Repo(project)
    repo.write("LICENSE", MIT)
    repo.commit()
    lines = session_source.session(session_source.installed_source())
    if wanted.trace is not None:
        lines = read_trace(wanted.trace)
    if wanted.lines:  # a trace that is cut has no end to compare
        lines = [each for each in lines[: wanted.lines] if not isinstance(each, trace.TraceClose)]
    file = project / "session.trace.jsonl"
    file.write_text("".join(f"{trace.format(each)}\n" for each in _moved(lines, project)))
    before = _all(person)
    person.say(
        "trace", "replay", str(file), "--profile", str(person.shell.home),
        "--no-model", "--speed", "max",
    )  # fmt: skip
    file.unlink()
    return _all(person) - before


def _moved(lines: Sequence[trace.TraceLine], project: Path) -> Iterator[trace.TraceLine]:
    """The trace with its documents in a project whose licence is known."""
    for line in lines:
        doc = getattr(line, "doc", None)
        if doc is None:
            yield line
        else:
            place = project / "src" / doc.replace("\\", "/").rpartition("/")[2]
            yield replace(line, doc=place.as_uri())


def _all(person: Person) -> int:
    (count,) = _numbers(rf"of {_NUMBER} samples", person.say("samples", "list", "--limit", "1"))
    return count


def curated(folder: Path, person: Person, settings: dict[str, str]) -> dict[str, Any]:
    """What that person sends to a trainer of its own, and what becomes of it."""
    own = Person(folder / "profile")
    shutil.rmtree(own.shell.home)
    shutil.copytree(person.shell.home, own.shell.home)
    trainer = TrainerHouse.built(folder / "trainer", curation_workers="1")
    trainer.settings.update(settings)
    trainer.start()
    try:
        own.name(trainer, trainer.run("tokens", "create").strip())
        sent = _sent(own)
        sets = [part for each in _PARAMETERS for part in ("--set", each)]
        name = trainer.run("curate", *sets).strip()
        report = json.loads(trainer.run("datasets", "show", name, "--report"))
        manifest = json.loads(trainer.run("datasets", "show", name))
    finally:
        own.shell.run("stop")
        trainer.stop()
    opened = report["opened"]
    if opened["added"] + sum(opened["dropped"].values()) != sent:
        raise SystemExit(f"{sent} samples were sent, and curation opened {opened}")
    parts, dropped = manifest["parts"], manifest["dropped"]
    if sum(parts.values()) + sum(dropped.values()) != opened["added"]:
        raise SystemExit(f"{opened['added']} samples arrived; the version says {manifest}")
    return {"sent": sent, "opened": opened, "version": name, "parts": parts, "not_taken": dropped}


def _sent(person: Person) -> int:
    """Send until nothing waits; how many samples arrived."""
    before = -1
    while True:  # new samples come into the outbox a hundred at a time
        said = person.say("outbox", "send", "--now")
        (sent,) = _numbers(rf"sent: {_NUMBER}", said)
        if sent == before:
            return sent
        before = sent


def _numbers(pattern: str, said: str) -> tuple[int, ...]:
    found = re.search(pattern, said)
    if found is None:
        raise SystemExit(f"no {pattern!r} in: {said}")
    return tuple(int(each.replace(",", "")) for each in found.groups())


@contextmanager
def storage(kind: str) -> Iterator[dict[str, str]]:
    """What a trainer is told of where things are kept.

    Raises:
        SystemExit: there is no PostgreSQL.
    """
    if kind == "local":
        yield {}
        return
    where = postgres.programs(install=True)
    if where is None:
        raise SystemExit("no PostgreSQL: apt-get install postgresql")
    with postgres.running(where, durable=False) as url, bucket.running() as settings:
        yield {**settings, "ECHO_TRAINER_STORAGE_TABLES": url}


def run(folder: Path, wanted: Wanted, kinds: Sequence[str]) -> dict[str, Any]:
    """Everything, in a folder; the counts of every stage."""
    person, counts = gathered(folder, wanted)
    say(f"gathered: {counts}")
    for kind in kinds:
        with ExitStack() as stack:
            settings = stack.enter_context(storage(kind))
            counts[kind] = curated(folder / kind, person, settings)
            say(f"{kind}: {counts[kind]}")
    return counts


def main() -> None:
    """The command line."""
    options = plain_parser(__doc__)
    options.add_argument("--packages", default=",".join(histories.PACKAGES))
    options.add_argument("--files", type=int, default=8, help="of each package")
    options.add_argument("--commits", type=int, default=6)
    options.add_argument("--trace", type=Path, help="else a made-up session")
    options.add_argument("--lines", type=int, default=0, help="of the trace; 0: all")
    options.add_argument("--storage", choices=(*KINDS, "both"), default="both")
    chosen = options.parse_args()
    wanted = Wanted(
        chosen.packages.split(","), chosen.files, chosen.commits, chosen.trace, chosen.lines
    )
    kinds = KINDS if chosen.storage == "both" else (chosen.storage,)
    with tempfile.TemporaryDirectory(prefix="echo-loop-") as folder:
        print(json.dumps(run(Path(folder), wanted, kinds)))


if __name__ == "__main__":
    main()
