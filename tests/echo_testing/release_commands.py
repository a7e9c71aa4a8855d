"""`echo-trainer release` as an administrator gives its commands; one that holds all the keys.

Left out: the services behind them (`release_house`), a client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from click.testing import CliRunner, Result

from echo_core.release.metadata import Kind
from echo_testing.release_house import ShiftedClock, files_of, passphrase_fd
from echo_trainer.cli.around import Around
from echo_trainer.cli.release import release
from echo_trainer.home import Home
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.release.vault import Vault
from echo_trainer.runs.folders import Runs
from echo_trainer.runs.records import Base, Run, Shipped, Verdict

NOTHING = "Nothing to do: it is so already.\n"
_NAMES = ("root", "release", "rollout", "online")


@dataclass
class Administrator:
    """A trainer's home with a release repository."""

    home: Path
    clock: ShiftedClock = field(default_factory=ShiftedClock, kw_only=True)

    @property
    def keys(self) -> Path:
        """Where the keys lie."""
        return self.home / "keys" / "releases"

    @property
    def public(self) -> Path:
        """What a web server gives out."""
        return self.home / "data" / "releases" / "public"

    @property
    def repository(self) -> ReleaseRepository:
        """To be looked into."""
        vault = Vault(self.keys, lambda name: name)
        return ReleaseRepository(self.home / "data" / "releases", self.clock, vault).dry()

    def run(self, *arguments: str) -> Result:
        """A command without a passphrase: where it needs one, it fails."""
        around = Around(Home(self.home), {}, self.clock)
        return CliRunner().invoke(release, list(arguments), obj=around)

    def release(self, *arguments: str) -> str:
        """A command with the passphrase of all keys; what it printed."""
        done = self.run(*arguments, "--passphrase-fd", str(passphrase_fd()))
        assert done.exit_code == 0, done.output
        return done.stdout

    def change(self, *arguments: str) -> list[str]:
        """Look what a command would do, do it, and do it once more; what it said."""
        before = files_of(self.home)
        looked = self.run(*arguments, "--dry-run")
        assert looked.exit_code == 0, looked.output
        assert files_of(self.home) == before
        said = self.release(*arguments).removesuffix("\n").split("\n")
        assert looked.stdout == "".join(f"would: {line}\n" for line in said)
        after = files_of(self.home)
        assert after != before
        assert self.release(*arguments) == NOTHING
        assert files_of(self.home) == after
        return said

    def key(self, name: str) -> tuple[str, str]:
        """Make a key; its id, and where its public half lies."""
        said = self.release("keys", "new", name).split()
        return said[1], said[2]

    def begin(self) -> None:
        """The ceremony, with one root."""
        given = [part for name in _NAMES for part in (f"--{name}", self.key(name)[1])]
        for step in (("init", "--threshold", "1", *given), ("keys", "sign"), ("keys", "finish")):
            self.release(*step)

    def judged(self, name: str, base: Base, content: bytes) -> None:
        """A run as training, export and the gate leave one that passed."""
        run, dataset = Runs.of(Home(self.home)).named(name), "d" * 64
        path, digest = run.shipped(Kind.ADAPTER), sha256(content).hexdigest()
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        run.write(Run(name, base, "v", dataset, "0.1.0", {}, {}, 1, 1, 1.0, {}, "2026-11-23"))
        run.write(Shipped(name, Kind.ADAPTER, base, len(content), digest, {}))
        verdict = (name, Kind.ADAPTER, digest, base.sha256, dataset)
        run.write(Verdict(*verdict, passed=True, reasons=(), figures={}))
