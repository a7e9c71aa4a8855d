"""Where the lake lies, and its plain files: a folder, or a bucket and prefix.

    samples/          Delta: what was opened
    versions/NAME/    Delta: the rows of a dataset version
    documents/        manifests and reports of versions
    scratch/RUN/      what one run computes on its way; gone when it ends

Left out: tables (`samples`, `versions`).

Rules
 - Credentials and endpoints of buckets come from the environment, as `obstore` reads them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from echo_core.errors import TrainerError
from echo_trainer.home import make_private

SAMPLES: Final = "samples"
VERSIONS: Final = "versions"
DOCUMENTS: Final = "documents"
SCRATCH: Final = "scratch"
_AWS: Final = "AWS_"
_PLAIN: Final = "AWS_ALLOW_HTTP"  # as deltalake reads it


@dataclass(frozen=True, slots=True)
class Lake:
    """A place for tables. `options`: what the environment says of buckets, `AWS_...`."""

    root: str  # an absolute folder, or s3://bucket/prefix
    options: Mapping[str, str]

    @classmethod
    def at(cls, configured: str, default: Path, environ: Mapping[str, str]) -> Lake:
        """The lake that the settings name, else the one in `default`.

        Raises:
            TrainerError: its folder cannot be made, or it is in no place that we know.
        """
        if "://" in configured and not configured.startswith(("file://", "s3://")):
            raise TrainerError("storage.lake is a folder or `s3://bucket/prefix`.")
        if configured.startswith("s3://"):
            options = {name: said for name, said in environ.items() if name.startswith(_AWS)}
            if options.get("AWS_ENDPOINT_URL", "").startswith("http:"):
                options[_PLAIN] = "true"  # a store of one's own in one's own network
            return cls(configured.rstrip("/"), options)
        named = configured.removeprefix("file://")
        folder = Path(named).expanduser().absolute() if named else default
        make_private(folder)
        return cls(str(folder), {})

    @property
    def is_remote(self) -> bool:
        """Whether it is a bucket."""
        return self.root.startswith("s3://")

    def within(self, *parts: str) -> str:
        """The address of something in it."""
        return "/".join((self.root, *parts))

    def write(self, place: str, content: bytes) -> None:
        """Put a file there."""
        with _told():
            obstore.put(self._store(), place, content)

    def read(self, place: str) -> bytes | None:
        """What lies there; None: nothing."""
        try:
            return bytes(obstore.get(self._store(), place).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _unreachable() from error

    def names(self, folder: str = "") -> Iterator[str]:
        """The place of every file beneath a folder, in order."""
        yield from sorted(self.written(folder))

    def written(self, folder: str = "") -> dict[str, datetime]:
        """The place of every file beneath a folder, and when it was written."""
        with _told():
            found = obstore.list(self._store(), prefix=folder or None)
            return {each["path"]: each["last_modified"] for batch in found for each in batch}

    def remove(self, folder: str) -> None:
        """Remove every file beneath a folder."""
        with _told():
            names = list(self.names(folder))
            for name in names:
                obstore.delete(self._store(), name)

    def discard(self, place: str) -> None:
        """Remove one file, if it is there."""
        with _told(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store(), place)

    def _store(self) -> ObjectStore:
        if self.is_remote:
            plain = self.options.get(_PLAIN) == "true"
            return from_url(self.root, client_options={"allow_http": plain})
        return LocalStore(self.root)


class _told:  # noqa: N801 - used as a statement
    """Says in our words what the library says in its own."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BaseError):
            raise _unreachable() from error


def _unreachable() -> TrainerError:
    return TrainerError(
        "The lake cannot be read or written: check `storage.lake` and its credentials."
    )
