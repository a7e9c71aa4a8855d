"""Gathers the exact names that must not leave: git's user, the system's, authors of a workspace.

Left out: looking for them (`echo_core.judging.checks.personal`), git's program itself (a `Git` is
handed in: adapters do not know each other).

Rules
 - Nothing is asked of the network: a name service that the system asks may do so, and is bounded
   in time. What cannot be asked is left out; there are always the others.
 - Authors are those of the newest commits; a repository of thousands names those at work now.
 - Names are held in memory only, and never logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from echo_core.judging.checks.persons.names import NAME_CHARS_MAX, NAMES_MAX, LocalNames, all_of

ASKED_S_MAX: Final = 5.0  # a directory service that does not answer
COMMITS_MAX: Final = 5_000  # of a log: the people of the last years
LOG_BYTES_MAX: Final = 2 << 20  # 5,000 authors and committers need 0.6 MB

_CONFIG: Final = ("user.name", "user.email", "author.name", "author.email", "committer.name",
                  "committer.email", "github.user", "gitlab.user")  # fmt: skip


class Git(Protocol):
    """Whoever can ask git (`echo_daemon.git.program.GitProgram`)."""

    async def output(self, root: Path, arguments: tuple[str, ...], bytes_max: int) -> bytes | None:
        """All that git answers; None where it does not."""
        ...


async def gather(git: Git, roots: Sequence[Path], environ: Mapping[str, str]) -> LocalNames:
    """The names of this machine, its user, and those who work at `roots`."""
    found = [await _system(environ)]
    found += [await _configured(git, root) for root in roots or (Path.home(),)]
    found += [await _authors(git, root) for root in roots]
    return all_of(found)


async def _system(environ: Mapping[str, str]) -> LocalNames:
    try:
        async with asyncio.timeout(ASKED_S_MAX):
            return await asyncio.to_thread(system_names, environ)
    except TimeoutError:
        return _from(environ)


def system_names(environ: Mapping[str, str]) -> LocalNames:
    """What the system says of the user who runs this, and of itself. May ask a name service."""
    hosts = [socket.gethostname(), os.uname().nodename]
    hosts += [host.partition(".")[0] for host in hosts]
    asked = LocalNames(hosts=tuple(host for host in dict.fromkeys(hosts) if host))
    with contextlib.suppress(KeyError):  # a user without an entry, as in some containers
        entry = pwd.getpwuid(os.getuid())
        full = entry.pw_gecos.split(",")[0].replace("&", entry.pw_name.title())
        asked = all_of(
            (asked, LocalNames((full,) if full else (), (), (entry.pw_name,), (entry.pw_dir,)))
        )
    return all_of((asked, _from(environ)))


def _from(environ: Mapping[str, str]) -> LocalNames:
    """What the environment says; the one source that always answers."""
    logins = [environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER")]
    people = [environ.get(name, "") for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")]
    emails = [
        environ.get(name, "") for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "EMAIL")
    ]
    homes = [environ.get(name, "") for name in ("HOME", "USERPROFILE")]
    return LocalNames(_some(people), _some(emails), _some(logins), _some(homes))


def _some(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


async def _configured(git: Git, root: Path) -> LocalNames:
    names: dict[str, list[str]] = {"name": [], "email": [], "user": []}
    pattern = "|".join(name.replace(".", r"\.") for name in _CONFIG)
    answer = await git.output(
        root, ("config", "--null", "--get-regexp", f"^({pattern})$"), LOG_BYTES_MAX
    )
    for entry in _text(answer).split("\0"):
        key, _, value = entry.partition("\n")
        kind = key.rpartition(".")[2]
        if value and kind in names:
            names[kind].append(value)
    return LocalNames(_some(names["name"]), _some(names["email"]), _some(names["user"]))


async def _authors(git: Git, root: Path) -> LocalNames:
    answer = await git.output(
        root,
        (
            "log",
            f"--max-count={COMMITS_MAX}",
            "--format=%an%x09%ae%n%cn%x09%ce",
            "--no-show-signature",
        ),
        LOG_BYTES_MAX,
    )
    counts: dict[tuple[str, str], int] = {}
    for line in _text(answer).split("\n"):
        name, _, email = line.partition("\t")
        if name and len(name) <= NAME_CHARS_MAX and "[bot]" not in name:
            counts[name, email] = counts.get((name, email), 0) + 1
    often = sorted(counts, key=lambda who: -counts[who])[:NAMES_MAX]
    return LocalNames(_some([name for name, _ in often]), _some([email for _, email in often]))


def _text(answer: bytes | None) -> str:
    return "" if answer is None else answer.decode("utf-8", "replace")
