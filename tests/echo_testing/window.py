"""A profile for an editor that another program drives, and what its store came to hold.

`python -m echo_testing.window make HOME --text BOOK` makes a throw-away profile whose engine is the
fake one; with `--shelf DIR` the engine is real, with the 0.5B of that shelf. `... events HOME`
prints every recorded event, a line of JSON each, after all that was sent is durable.
`... processes HOME` prints what runs for it and its memory, `... end HOME` ends that.
`... again HOME TRACE --session ID` plays the trace of a session again, as it was recorded, in a
profile of its own, and prints how its samples ended; it fails where those of both differ.

Left out: the editor, what is asserted (`editor-client/vscode/tests/story`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path

import psutil

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_core.records.events import Requested
from echo_daemon.models.choice import write_choice
from echo_daemon.store.database import open_for_reading
from echo_daemon.store.options import StorePaths
from echo_daemon.store.queries import OpenQueries
from echo_engine.catalogue import load_catalogue
from echo_runtime.clock import SystemClock
from echo_runtime.connect import connect_once
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_testing import fake_engine
from echo_testing.waiting import LONG_S

FAKE_MODEL = "smollm2-135m"  # a file of the right size and no content stands for it
REAL_MODEL = "qwen2.5-coder-0.5b"


def profile_at(home: Path) -> Profile:
    """The profile; a file of another shelf is linked into it, so that no variable is needed."""
    return Profile.locate({"ECHO_HOME": str(home)})


def make(home: Path, book: Path | None, shelf: Path | None) -> None:
    """A profile in which nothing was decided yet but the model."""
    profile = profile_at(home)
    profile.prepare()
    profile.mark_throw_away()
    catalogue = load_catalogue()
    settings = (
        '[store]\nkey = "file"\n[distill]\nidle_seconds = 86400\n'  # not while somebody looks
    )
    name = REAL_MODEL if shelf else FAKE_MODEL
    entry = catalogue.find(name)
    assert entry is not None
    if shelf:
        (profile.models_dir / entry.file).symlink_to(shelf / entry.file)
    else:
        with (profile.models_dir / entry.file).open("wb") as file:
            file.truncate(entry.bytes)  # sparse: it takes no room
        command = [sys.executable, fake_engine.__file__, "--text", str(book)]
        settings += "[engine]\ncommand = [{}]\n".format(", ".join(map(json.dumps, command)))
    write_choice(profile.choice_path, name)
    profile.config_file.write_text(settings, encoding="utf-8")


def events(home: Path) -> None:
    """Every event of the store, oldest first, with its session."""
    profile = profile_at(home)
    asyncio.run(_flush(profile))
    paths = StorePaths(profile.data_dir)
    if not paths.database.exists():
        return
    connection = open_for_reading(paths.database, bytes.fromhex(paths.key.read_text()))
    try:
        for session, event, _ in OpenQueries(connection).log():
            print(json.dumps({"session": session, "kind": event.kind, **asdict(event)}))
    finally:
        connection.close()


def mined(home: Path, session: str = "") -> list[tuple[object, ...]]:
    """What was mined of a session (the newest where none is named), in the order of its requests.

    All that says what a sample is; what says when, and of which request, is left out.
    """
    profile = profile_at(home)
    asyncio.run(_flush(profile))
    paths = StorePaths(profile.data_dir)
    connection = open_for_reading(paths.database, bytes.fromhex(paths.key.read_text()))
    try:
        queries = OpenQueries(connection)
        session = session or next(row.session for row in reversed(queries.sessions()) if row.events)
        requests = [each.request for each in queries.events(session) if isinstance(each, Requested)]
        samples = [sample for each in requests if (sample := queries.sample_of(each))]
        return [
            (
                each.doc, each.language, *each.texts, each.break_reason, each.accepted_chars,
                each.kept_chars, each.grown_chars, each.undone, each.deleted,
                each.shown,
            )
            for each in samples
        ]  # fmt: skip
    finally:
        connection.close()


def again(home: Path, trace: Path, speed: str = "1") -> list[tuple[object, ...]]:
    """The samples of a recorded replay of `trace`, whose profile is gone afterwards."""
    words = ("trace", "replay", str(trace), "--recorded", "--keep", "--speed", speed)
    environ = os.environ | {"ECHO_HOME": str(home), "COLUMNS": "400"}
    done = subprocess.run(
        [sys.executable, "-m", "echo_daemon.ctl.main", *words],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    named = re.search(r"Throw-away profile (\S+) with", done.stdout)
    assert named, done.stderr
    kept = Path(named[1])
    try:
        assert done.returncode == 0, done.stderr
        return mined(kept)
    finally:
        shutil.rmtree(kept)


def tell_again(home: Path, trace: Path, session: str) -> None:
    """Compare the samples of a session with those of its replay."""
    was, came = mined(home, session), again(home, trace)
    for sample in was:
        *_, accepted, kept, _, _, _ = sample
        print(json.dumps({"break": sample[6], "accepted": accepted, "kept": kept}))
    if was != came:
        pairs = zip_longest(was, came, fillvalue=())
        differing = [
            [at for at, (one, other) in enumerate(zip_longest(*pair)) if one != other]
            for pair in pairs
        ]
        sys.exit(f"{len(was)} samples became {len(came)}; fields that differ: {differing}")


async def _flush(profile: Profile) -> None:
    clock = SystemClock()
    log = Log(profile.state_dir, "test", clock)
    with contextlib.suppress(DaemonError):
        greeted = await connect_once(profile, "test", clock, log, start=False)
        greeted.peer.on(wire.STATUS_CHANGED, lambda _: None)
        try:
            await greeted.peer.request(
                wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed, timeout_ms=int(LONG_S * 1000)
            )
        finally:
            greeted.peer.close()


def processes(home: Path) -> list[psutil.Process]:
    """What runs for this profile and no other."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("ECHO_HOME") == str(home) and process.pid != os.getpid():
                found.append(process)
    return found


def kind_of(word: str) -> str:
    """What a process is in whose command this stands; empty of a helper or of `echoctl`."""
    if word == "echo_daemon":
        return word
    kinds = ("echo-lsp", "echo_engine", "fake_engine")
    return next((kind for kind in kinds if kind in word), "")


def tell(home: Path) -> None:
    """One line a process of Echo: what it is, its pid, its resident memory."""
    for process in processes(home):
        with contextlib.suppress(psutil.Error):
            if kind := next(filter(None, map(kind_of, process.cmdline())), ""):
                rss = process.memory_info().rss
                print(json.dumps({"kind": kind, "pid": process.pid, "rss": rss}))


def end(home: Path) -> None:
    """SIGTERM to all of them, and SIGKILL to who stays."""
    ending = processes(home)
    for process in ending:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(ending, timeout=LONG_S)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()


def main() -> None:
    """One of the five."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "events", "processes", "again", "end"))
    parser.add_argument("home", type=Path)
    parser.add_argument("trace", type=Path, nargs="?")
    parser.add_argument("--text", type=Path, default=None)
    parser.add_argument("--session", default="")
    parser.add_argument("--shelf", type=Path, default=None)
    options = parser.parse_args()
    if options.what == "make":
        make(options.home, options.text, options.shelf)
    elif options.what == "events":
        events(options.home)
    elif options.what == "processes":
        tell(options.home)
    elif options.what == "again":
        tell_again(options.home, options.trace, options.session)
    else:
        end(options.home)


if __name__ == "__main__":
    main()
