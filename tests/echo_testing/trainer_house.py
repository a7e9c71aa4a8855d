"""A trainer of one's own: a home with keys, and `echo-trainer serve` as a process.

Left out: what is sent to it (`upload` speaks the protocol as plainly as can be).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import psutil

from echo_core.sharing.bundle import protocol
from echo_core.sharing.bundle.contents import Bundle, CheckNote, WeekReport, day_of, week_of
from echo_core.sharing.bundle.envelope import Kind, TrainerKeys, key_for, split_signed
from echo_core.sharing.bundle.fields import canonical, read
from echo_core.sharing.bundle.making import SAFETY
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_daemon.sealing.identity import Pseudonym
from echo_daemon.sealing.sealer import BundleSealer
from echo_runtime.clock import SystemClock
from echo_testing.contributions import BUNDLE, SAMPLE
from echo_testing.waiting import LONG_S
from echo_trainer.home import Home
from echo_trainer.keys.ring import KeyRing

NOW_MS = SystemClock().wall_ms()
WEEK = week_of(NOW_MS)
TODAY = datetime.fromtimestamp(NOW_MS / 1000, UTC).date()


@dataclass
class TrainerHouse:
    """A home, and what runs in it."""

    home: Home
    settings: dict[str, str] = field(default_factory=dict)  # as in the environment
    process: subprocess.Popen[str] | None = None
    url: str = ""

    @classmethod
    def built(cls, folder: Path, **settings: str) -> TrainerHouse:
        """With keys; `settings` such as `intake_open="true"`."""
        home = Home(folder)
        KeyRing(home).create(TODAY, 365)
        named = {f"ECHO_TRAINER_{name.upper()}": value for name, value in settings.items()}
        return cls(home, {"ECHO_TRAINER_INTAKE_PORT": "0", **named})

    @property
    def ring(self) -> KeyRing:
        """Its keys."""
        return KeyRing(self.home)

    def environ(self) -> dict[str, str]:
        """What its programs are started with."""
        return os.environ | {"ECHO_TRAINER_HOME": str(self.home.folder), **self.settings}

    def run(self, *arguments: str, code: int = 0) -> str:
        """An `echo-trainer` command; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "echo_trainer.cli.main", *arguments],
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    def admits(self, token: str) -> bool:
        """Whether intake lets somebody in who shows this token."""
        headers = {"Authorization": protocol.credential(token)}
        asked = httpx.head(f"{self.url}/v1/bundles/{'0' * 64}", headers=headers, timeout=LONG_S)
        return asked.status_code != protocol.Refusal.NO_TOKEN.status

    def start(self) -> None:
        """Serve; returns when it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "echo_trainer.cli.main", "serve"],
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), self.process.communicate()[1]
        self.url = line.removeprefix("listening on ").strip()

    def stop(self) -> None:
        """As a system stops a service."""
        assert self.process is not None
        self.process.terminate()
        _, said = self.process.communicate(timeout=LONG_S)
        assert self.process.returncode in (0, -15), said

    def kill(self) -> None:
        """As a machine dies."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate(timeout=LONG_S)

    @property
    def rss_bytes(self) -> int:
        """Memory that the service has now."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def log(self) -> str:
        """All that it logged."""
        return "".join(path.read_text() for path in sorted(self.home.logs.glob("*.log*")))

    def counter(self, name: str) -> float:
        """What Prometheus would read of one series, labels included."""
        page = httpx.get(f"{self.url}/metrics", timeout=LONG_S).raise_for_status().text
        rows = [line.rpartition(" ") for line in page.split("\n") if line.startswith(name)]
        return next((float(value) for label, _, value in rows if label == name), 0.0)


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[TrainerHouse]:
    """A house whose service runs until the block ends."""
    made = TrainerHouse.built(folder, **settings)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop()


@dataclass(frozen=True)
class Contributor:
    """Somebody with a secret, who seals as a daemon does."""

    house: TrainerHouse
    secret: bytes = bytes(32)
    week: str = WEEK
    kind: Kind = Kind.SAMPLES

    @property
    def pseudonym(self) -> Pseudonym:
        """This week's."""
        return Pseudonym(self.secret, self.kind, self.week)

    def envelope(self, bundle: Bundle | WeekReport = BUNDLE) -> bytes:
        """A sealed bundle or report; another one each time."""
        content, _ = split_signed(self.house.home.key_list.read_bytes(), 1 << 20)
        key = key_for(read(TrainerKeys, content), TODAY.isoformat())
        assert key is not None
        sealer = BundleSealer()
        return sealer.envelope(self.secret, canonical(bundle), self.kind, self.week, key)

    def good_bundle(self) -> Bundle:
        """A bundle whose one sample curation takes."""
        checks = tuple(CheckNote(name, 1, "passed", "") for name in sorted(SAFETY))
        return replace(
            BUNDLE,
            week=self.week,
            contributor=self.pseudonym.public,
            consent=text_digest(Switch.CONTRIBUTE),
            samples=(replace(SAMPLE, day=day_of(NOW_MS), checks=checks),),
        )

    def wish(self) -> bytes:
        """That all of it be deleted."""
        return self.pseudonym.deletion()


def name_of(content: bytes) -> str:
    """What something is called on the wire."""
    return sha256(content).hexdigest()


def upload(
    client: httpx.Client, url: str, content: bytes, *, offset: int = 0, token: str = "", **more: str
) -> httpx.Response:
    """One PATCH; `more`: headers that differ, with `_` for `-`."""
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Length": str(len(content)),
        **({"Authorization": f"Bearer {token}"} if token else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    name = name_of(content)
    return client.patch(f"{url}/v1/bundles/{name}", content=content[offset:], headers=headers)


def forget(client: httpx.Client, url: str, content: bytes) -> httpx.Response:
    """One wish."""
    return client.put(f"{url}/v1/deletions/{name_of(content)}", content=content)
