"""A PostgreSQL of one's own: Debian's programs, a folder that goes away, a socket in it.

Left out: tuning; what is measured is what a package gives.

Rules
 - It listens on no network. It runs as `postgres` or `nobody` where this runs as root, because it
   refuses to run as root.
 - Where it is missing and this runs as root on Debian, apt-get installs it, without a cluster.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_STARTS_WITHIN_S: Final = 300
_USERS: Final = ("postgres", "nobody")
_NO_CLUSTER: Final = "create_main_cluster = false\n"


def programs(*, install: bool = False) -> Path | None:
    """The folder of `initdb` and `postgres`; None where there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if folders:
        return folders[-1].parent
    if not install or os.getuid() or not shutil.which("apt-get"):
        return None
    common = Path("/etc/postgresql-common")
    common.mkdir(exist_ok=True)
    (common / "createcluster.conf").write_text(_NO_CLUSTER, encoding="ascii")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "postgresql"],
    ):
        subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)
    return programs()


@contextmanager
def running(where: Path, *, durable: bool = True) -> Iterator[str]:
    """A server whose programs lie in `where`; its URL, as `storage.tables` takes it.

    `durable`: a commit is on disk when it returns; tests do without.
    """
    # Not the caller's folder: a socket's path is short, and another user must get there.
    folder = Path(tempfile.mkdtemp(prefix="echo-pg-", dir="/tmp"))
    name = _user()
    server: subprocess.Popen[bytes] | None = None
    try:
        if name:
            shutil.chown(folder, name, pwd.getpwnam(name).pw_gid)
        data = folder / "data"
        _run(name, folder, where / "initdb", "-D", data, "-U", "echo", "-A", "trust", "-N")
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                _text(where / "postgres", "-D", data, "-k", folder, "-h", "")
                + ([] if durable else ["-F"]),
                cwd=folder,
                stdout=log,
                stderr=log,
                **_who(name),
            )
        _wait(server, where, folder)
        yield f"postgresql://echo@/postgres?host={folder}"
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # fast: connections are cut, data is written
            server.wait(_STARTS_WITHIN_S)
        shutil.rmtree(folder, ignore_errors=True)


def create_database(where: Path, url: str, name: str) -> str:
    """Another database of a server; its URL."""
    folder = url.rpartition("host=")[2]
    subprocess.run([where / "createdb", "-h", folder, "-U", "echo", name], check=True, cwd=folder)
    return url.replace("/postgres?", f"/{name}?")


def _wait(server: subprocess.Popen[bytes], where: Path, folder: Path) -> None:
    """Until it takes connections; `pg_isready` waits by itself between its tries."""
    for _ in range(_STARTS_WITHIN_S):
        if server.poll() is not None:
            raise SystemExit(f"PostgreSQL ended: {(folder / 'log').read_text()[-500:]}")
        asked = _text(where / "pg_isready", "-q", "-h", folder, "-t", "1")
        if subprocess.run(asked, check=False).returncode == 0:
            return
        try:
            server.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    raise SystemExit("PostgreSQL did not start")


def _user() -> str:
    """Who may run it; empty: whoever runs this."""
    if os.getuid():
        return ""
    known = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in _USERS if name in known)


def _text(*command: object) -> list[str]:
    return [str(each) for each in command]


def _who(name: str) -> dict[str, Any]:
    if not name:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def _run(name: str, folder: Path, *command: object) -> None:
    done = subprocess.run(
        _text(*command), cwd=folder, capture_output=True, check=False, **_who(name)
    )
    if done.returncode:
        raise SystemExit(f"initdb failed: {done.stderr.decode(errors='replace')[-500:]}")
