"""Where a trainer keeps what its settings do not put elsewhere.

    trainer.toml     settings
    data/            tables.db, envelopes, the lake, releases
    keys/private/    what opens bundles and signs: read by curation and by `echo-trainer keys`
    keys/receipts/   the key that signs receipts: read by intake
    keys/public/     what clients pin and fetch: read by intake
    logs/            of the service

Left out: what is in the files.

Rules
 - `ECHO_TRAINER_HOME` or `--home` names the folder; else it is the platform's own for data.
 - Folders of ours are 0700; the environment is read where a program starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from echo_core.errors import TrainerError

HOME_VARIABLE: Final = "ECHO_TRAINER_HOME"
CONFIG_NAME: Final = "trainer.toml"


@dataclass(frozen=True, slots=True)
class Home:
    """A trainer's folder; touches no file until `prepare`."""

    folder: Path

    @classmethod
    def locate(cls, environ: Mapping[str, str], given: Path | None = None) -> Home:
        """The folder that was `given`, else the one that `environ` names."""
        named = environ.get(HOME_VARIABLE, "")
        if given is not None:
            folder = given
        elif named:
            folder = Path(named)
        else:
            folder = platformdirs.PlatformDirs("echo-trainer", appauthor=False).user_data_path
        return cls(folder.expanduser().absolute())

    @property
    def config_file(self) -> Path:
        """trainer.toml."""
        return self.folder / CONFIG_NAME

    @property
    def data(self) -> Path:
        """What is stored here, unless the settings name another place."""
        return self.folder / "data"

    @property
    def tables_file(self) -> Path:
        """The database, where it is SQLite's."""
        return self.data / "tables.db"

    @property
    def objects_folder(self) -> Path:
        """Envelopes, where they are kept here."""
        return self.data / "objects"

    @property
    def private_keys(self) -> Path:
        """What opens bundles and signs lists."""
        return self.folder / "keys" / "private"

    @property
    def public_keys(self) -> Path:
        """What anybody may see."""
        return self.folder / "keys" / "public"

    @property
    def key_list(self) -> Path:
        """The list of keys that clients fetch, signed by the root key."""
        return self.public_keys / "keys.signed"

    @property
    def root_public(self) -> Path:
        """The root key's public half, which clients pin."""
        return self.public_keys / "root.pub"

    @property
    def receipt_key(self) -> Path:
        """What signs receipts, and opens nothing."""
        return self.folder / "keys" / "receipts" / "receipt.key"

    @property
    def logs(self) -> Path:
        """The service's own logs."""
        return self.folder / "logs"

    def prepare(self, *folders: Path) -> None:
        """Make the home and `folders` in it, 0700 where they are new.

        Raises:
            TrainerError: a folder cannot be made.
        """
        for folder in (self.folder, self.data, *folders):
            make_private(folder)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, that only this user may look into.

    Raises:
        TrainerError: it cannot be made.
    """
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise TrainerError(
            f"{folder} cannot be made ({error.strerror}): set {HOME_VARIABLE} to a folder of yours."
        ) from error
