"""What the commands of `echo-trainer release` work with: a repository, keys, passphrases.

Rules
 - A passphrase is never an argument or a variable of the environment: other programs see those.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

import click
import keyring
import keyring.errors

from echo_core.clock import Clock
from echo_core.errors import TrainerError
from echo_trainer.cli.around import Around, around
from echo_trainer.home import Home, make_private
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.release.vault import Vault

SERVICE: Final = "echo-trainer release"  # as the keyring has it; the user is the key's name
PASSPHRASE_BYTES_MAX: Final = 4096
_FOLDER = click.Path(file_okay=False, path_type=Path)
P = ParamSpec("P")

OPTIONS: Final = (
    click.Option(
        ["--repository"],
        type=_FOLDER,
        help="The repository's folder; else `data/releases` of the trainer's home.",
    ),
    click.Option(
        ["--keys", "keys_folder"],
        type=_FOLDER,
        help="The folder of keys; else `keys/releases` of the trainer's home.",
    ),
    click.Option(
        ["--passphrase-fd"],
        type=int,
        help="Read the keys' passphrase from this descriptor, to its end.",
    ),
    click.Option(
        ["--keyring", "use_keyring"],
        is_flag=True,
        help=f"Take each key's passphrase from the system's keyring, service {SERVICE!r}.",
    ),
    click.Option(["--dry-run"], is_flag=True, help="Only say what would change; needs no key."),
)


@dataclass
class ReleaseDesk:
    """What one command works with."""

    around: Around
    folder: Path
    keys_folder: Path
    clock: Clock
    passphrase_fd: int | None
    use_keyring: bool
    dry: bool

    @cached_property
    def vault(self) -> Vault:
        """The keys that lie here."""
        return Vault(self.keys_folder, self.passphrase)

    @property
    def asks_nobody(self) -> bool:
        """Whether passphrases come from a descriptor or the keyring."""
        return self.passphrase_fd is not None or self.use_keyring

    def places(self) -> tuple[str, ...]:
        """The options with which another command finds the same repository and keys."""
        home = self.around.home
        named = (
            ("--repository", self.folder, repository_of(home)),
            ("--keys", self.keys_folder, keys_of(home)),
        )
        return tuple(
            word for option, at, usual in named if at != usual for word in (option, str(at))
        )

    def repository(self) -> ReleaseRepository:
        """As it is now."""
        found = ReleaseRepository(self.folder, self.clock, self.vault)
        return found.dry() if self.dry else found

    def change(self, work: Callable[[ReleaseRepository], None]) -> None:
        """Do `work`, write it, and say what has changed, or would."""
        repository = self.repository()
        work(repository)
        said = repository.commit()
        for sentence in said or ["Nothing to do: it is so already."]:
            click.echo(f"would: {sentence}" if self.dry and said else sentence)

    @cached_property
    def _read(self) -> str:
        if self.passphrase_fd is None:
            raise AssertionError("asked for without a descriptor")
        try:
            with os.fdopen(self.passphrase_fd, "rb") as file:
                return file.read(PASSPHRASE_BYTES_MAX).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise TrainerError(
                f"No passphrase can be read from descriptor {self.passphrase_fd}."
            ) from error

    def passphrase(self, name: str) -> str:
        """That of the key of this name.

        Raises:
            TrainerError: the descriptor or the keyring has none.
        """
        if self.passphrase_fd is not None:
            return self._read
        if self.use_keyring:
            return _from_keyring(name)
        is_new = self.vault.find(name) is None
        asked: str = click.prompt(
            f"Passphrase of {name}", hide_input=True, confirmation_prompt=is_new, err=True
        )
        return asked


def _from_keyring(name: str) -> str:
    try:
        found = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise TrainerError("The system's keyring cannot be asked: unlock it.") from error
    if not found:
        raise TrainerError(
            f"The keyring holds no passphrase of {name}: `keyring set '{SERVICE}' {name}` puts"
            " one there."
        )
    return found


def repository_of(home: Home) -> Path:
    """Where the repository lies, unless an option says otherwise."""
    return home.data / "releases"


def keys_of(home: Home) -> Path:
    """Where its keys lie, unless an option says otherwise."""
    return home.folder / "keys" / "releases"


def release_command(function: Callable[Concatenate[ReleaseDesk, P], None]) -> Callable[P, None]:
    """Give a command its desk, out of the options that all of them have (`OPTIONS`)."""

    def run(context: click.Context, /, *args: P.args, **kwargs: P.kwargs) -> None:
        values = {option.name: kwargs.pop(option.name, None) for option in OPTIONS if option.name}
        here = around(context)
        repository, keys = values["repository"], values["keys_folder"]
        folder = repository if isinstance(repository, Path) else repository_of(here.home)
        keys_folder = keys if isinstance(keys, Path) else keys_of(here.home)
        fd = values["passphrase_fd"]
        if not isinstance(repository, Path):
            make_private(here.home.data)
        desk = ReleaseDesk(
            here,
            folder,
            keys_folder,
            here.clock,
            fd if isinstance(fd, int) else None,
            use_keyring=bool(values["use_keyring"]),
            dry=bool(values["dry_run"]),
        )
        function(desk, *args, **kwargs)

    run.__doc__, run.__name__ = function.__doc__, function.__name__
    run.__click_params__ = [*OPTIONS, *getattr(function, "__click_params__", [])]  # type: ignore[attr-defined] # click's own
    return click.pass_context(run)
