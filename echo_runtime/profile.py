"""Where Echo keeps things on this machine, for one user.

Left out: what is in the files, and who may write them.

Rules
 - `ECHO_HOME` puts everything beneath one folder (a throw-away profile, a test); otherwise the
   platform's own folders are used. `ECHO_MODELS` moves the model shelf alone.
 - Folders of ours are 0700 and belong to the user; a runtime folder that does not is refused,
   because whoever can write there can pose as the daemon.
 - The environment is read here and nowhere else; everybody else is handed a `Profile`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from echo_core.errors import InputError

APP_NAME: Final = "echo-completion"
HOME_VARIABLE: Final = "ECHO_HOME"
MODELS_VARIABLE: Final = "ECHO_MODELS"
_THROW_AWAY: Final = "throw-away"
SOCKET_NAME: Final = "daemon.sock"
POLICY_NAME: Final = "policy.toml"
POLICY_FOLDER: Final = Path("/etc") / APP_NAME
# sun_path holds 108 bytes on Linux and 104 on macOS and the BSDs, the final zero included.
SOCKET_PATH_BYTES_MAX: Final = 103


@dataclass(frozen=True, slots=True)
class Profile:
    """Every place that a process of ours may write to."""

    config_file: Path  # config.toml
    data_dir: Path  # the store, consent, the choice of model
    models_dir: Path
    state_dir: Path  # logs
    runtime_dir: Path  # socket, lock, token; gone after a restart of the machine
    home: Path | None = None  # ECHO_HOME, where it was given
    models_given: bool = False  # ECHO_MODELS was given

    @classmethod
    def locate(cls, environ: Mapping[str, str]) -> Profile:
        """The profile that `environ` names; touches no file.

        Without ECHO_HOME the platform's folders come from platformdirs, which reads the
        process's own environment (XDG_* on Linux).
        """
        models = environ.get(MODELS_VARIABLE, "")
        if home_text := environ.get(HOME_VARIABLE, ""):
            home = Path(home_text).expanduser().absolute()
            config, data, state, runtime = home, home / "data", home / "state", home / "run"
        else:
            home = None
            dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
            config, data, state = (
                dirs.user_config_path,
                dirs.user_data_path,
                dirs.user_state_path,
            )
            runtime = _platform_runtime(dirs)
        shelf = Path(models).expanduser().absolute() if models else (home or data) / "models"
        return cls(
            config_file=config / "config.toml",
            data_dir=data,
            models_dir=shelf,
            state_dir=state,
            runtime_dir=_short_enough(runtime),
            home=home,
            models_given=bool(models),
        )

    @property
    def socket_path(self) -> Path:
        """Where the daemon listens."""
        return self.runtime_dir / SOCKET_NAME

    @property
    def lock_path(self) -> Path:
        """The file whose lock the one daemon of this profile holds; it contains its pid."""
        return self.runtime_dir / "daemon.lock"

    @property
    def choice_path(self) -> Path:
        """Which model is chosen."""
        return self.data_dir / "model.json"

    @property
    def address_path(self) -> Path:
        """Port and token of the daemon, where there are no Unix sockets."""
        return self.runtime_dir / "daemon.address"

    @property
    def policy_files(self) -> tuple[Path, ...]:
        """Where an organisation may put its policy; all that are there hold.

        The platform's folders can be named by the environment (XDG_CONFIG_DIRS), which the person
        controls; the last one cannot.
        """
        dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False, multipath=True)
        folders = [Path(folder) for folder in dirs.site_config_dir.split(os.pathsep)]
        return tuple(folder / POLICY_NAME for folder in [*folders, POLICY_FOLDER])

    @property
    def is_throw_away(self) -> bool:
        """A program made this profile for a session of its own (`mark_throw_away`)."""
        return self.home is not None and (self.home / _THROW_AWAY).exists()

    def mark_throw_away(self) -> None:
        """Say that no person's editing happens here: the profile lives as long as a replay."""
        if self.home is not None:
            (self.home / _THROW_AWAY).touch(mode=0o600)

    def environ(self) -> dict[str, str]:
        """The variables that make a child find this same profile.

        Empty values stand for "not set", so that they also override what the child inherits.
        """
        return {
            HOME_VARIABLE: str(self.home) if self.home else "",
            MODELS_VARIABLE: str(self.models_dir) if self.models_given else "",
        }

    def prepare(self) -> None:
        """Create the folders, 0700.

        Raises:
            InputError: a folder cannot be made, or is not the user's own; it was left alone.
        """
        if self.home is not None:
            _make_private(self.home)
        for folder in (self.config_file.parent, self.data_dir, self.state_dir):
            _make_private(folder)
        _make_folder(self.models_dir)  # may be shared between users: made, not tightened
        _make_folder(self.runtime_dir)
        _refuse_foreign(self.runtime_dir)
        if stat.S_IMODE(self.runtime_dir.lstat().st_mode) & 0o077:
            raise InputError(
                f"{self.runtime_dir} is open to other users: run `chmod 700` on it or set ECHO_HOME"
            )


def _platform_runtime(dirs: platformdirs.PlatformDirs) -> Path:
    """The platform's folder for sockets; without a login session (cron, containers) our own.

    platformdirs would then warn and name a folder below one that anybody can make first.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        runtime = dirs.user_runtime_path
    return _temporary(runtime) if caught else runtime


def _short_enough(runtime: Path) -> Path:
    """`runtime`, or a folder with a short name where a socket in it could not be bound."""
    if len(os.fsencode(runtime / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        return runtime
    return _temporary(runtime)


def _temporary(runtime: Path) -> Path:
    """A folder that stands in for `runtime`, directly in the sticky temporary folder."""
    digest = hashlib.sha256(os.fsencode(runtime)).hexdigest()[:12]
    name = f"echo-{os.getuid()}-{digest}"
    short = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(short / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        return short
    return Path("/tmp") / name  # noqa: S108 - ownership and mode are checked before use


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({error.strerror}): set ECHO_HOME to a folder of yours"
        ) from error


def _make_private(folder: Path) -> None:
    _make_folder(folder)
    _refuse_foreign(folder)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)


def _refuse_foreign(folder: Path) -> None:
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        found = folder.stat()  # a link is fine where its owner and its target are ours
        if folder.lstat().st_uid != os.getuid():
            raise InputError(f"{folder} is a link made by another user: remove it")
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise InputError(f"{folder} is not a folder of this user: remove it or set ECHO_HOME")
