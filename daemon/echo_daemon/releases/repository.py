"""A release repository through python-tuf's client: what is believed, and the files it names.

Left out: bytes (`fetching`), the folder (`keeping`), what a channel means (`echo_core.release`).

Rules
 - The first root is the one that was handed out; each later one is signed by the one before.
 - What is older than what was seen, expired, unsigned, altered or larger than it may be is not
   used, and each is told apart.
 - Metadata is kept, so that what was seen once cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, Snapshot, TargetFile
from tuf.ngclient import Updater

from echo_core.errors import InputError
from echo_core.release import channel as channels
from echo_core.release import metadata
from echo_core.release.channel import CHANNEL_BYTES_MAX, Channel
from echo_core.release.choice import Offer, Refusal
from echo_core.release.metadata import TooNewError
from echo_core.release.trust import Distrust, ReleaseError
from echo_daemon.releases.fetching import CutError, Fetcher
from echo_runtime import files

ROOM_MARGIN_BYTES: Final = 64 << 20  # the store and the rest of the machine go on writing


@dataclass(frozen=True, slots=True)
class Seen:
    """What the repository says now."""

    channel: Channel
    offers: dict[str, Offer]  # of every release that the channel names


class TufRepository:
    """One repository. Used from one thread at a time."""

    def __init__(self, folder: Path, address: str, root: bytes, fetcher: Fetcher) -> None:
        """Asks nothing yet. `folder` is for metadata; `root` the root.json that was handed out."""
        self._folder = folder
        self._address = address
        self._root = root
        self._fetcher = fetcher
        self._targets: dict[str, TargetFile] = {}

    def look(self, channel: str) -> Seen:
        """What a channel says, and of each release that it names, what was signed.

        A repository that has no channel yet says what an empty one does.

        Raises:
            ReleaseError: the repository is not believed, or cannot be reached.
        """
        with _told():
            client = self._client()
            client.refresh()
            said = self._channel(client, channel)
            self._targets = {}
            return Seen(said, {name: self._offer(client, name) for name in said.releases()})

    def fetch(self, release: str, into: Path, wanted: Callable[[], bool]) -> None:
        """Leave a release that `look` has seen in the file `into`.

        Raises:
            ReleaseError: it cannot be had, or is not what was signed; then nothing is kept of it.
            Stopped: `wanted` is false.
        """
        target = self._targets.get(release)
        if target is None:
            raise ReleaseError(Distrust.MISSING)
        partial = into.with_name(f"{into.name}.partial")
        with _told():
            into.parent.mkdir(parents=True, exist_ok=True)
            needed = target.length - files.size_of(partial) + ROOM_MARGIN_BYTES
            if files.free_bytes(into.parent) < needed:
                raise ReleaseError(Distrust.NO_ROOM)
            bring(self._fetcher, self._url(target), target, partial, wanted)
            files.put_in_place(partial, into)

    def _client(self) -> Updater:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return client(self._folder, f"{self._address}/metadata/", self._fetcher, self._root)

    def _channel(self, client: Updater, name: str) -> Channel:
        if metadata.is_name(name) and not self._has_channels():
            return Channel(name)
        target = client.get_targetinfo(channels.target_of(name)) if metadata.is_name(name) else None
        if target is None:
            raise ReleaseError(Distrust.MISSING)
        if target.length > CHANNEL_BYTES_MAX:
            raise ReleaseError(Distrust.OVERSIZE)
        content = self._fetcher.download_bytes(self._url(target), target.length)
        target.verify_length_and_hashes(content)
        try:
            said = channels.read(content)
        except TooNewError as error:
            raise ReleaseError(Distrust.TOO_NEW) from error
        except InputError as error:
            raise ReleaseError(Distrust.MALFORMED) from error
        if said.channel != name:
            raise ReleaseError(Distrust.ALTERED)
        return said

    def _has_channels(self) -> bool:
        """Whether a channel was ever written; a repository has none before its first release.

        What the client has just believed lies in its folder. A snapshot that leaves a role out
        which one before it had is refused, so nobody can have it say this later.
        """
        snapshot = Metadata[Snapshot].from_file(str(self._folder / "snapshot.json"))
        return f"{channels.CHANNELS}.json" in snapshot.signed.meta

    def _offer(self, client: Updater, name: str) -> Offer:
        target = client.get_targetinfo(metadata.target_of(name))
        if target is None:
            return Offer(problem=Refusal.MISSING)
        self._targets[name] = target
        try:
            manifest = metadata.read(target.unrecognized_fields.get("custom"))
        except TooNewError:
            return Offer(problem=Refusal.TOO_NEW)
        except InputError:
            return Offer(problem=Refusal.MALFORMED)
        return Offer(manifest, bytes=target.length, sha256=target.hashes.get("sha256", ""))

    def _url(self, target: TargetFile) -> str:
        folder, _, name = target.path.rpartition("/")
        digest = target.hashes.get("sha256", "")
        return f"{self._address}/targets/{folder}/{digest}.{name}"


def client(folder: Path, address: str, fetcher: Fetcher, root: bytes | None) -> Updater:
    """python-tuf's client as we use it. `root` None: from the one that `folder` holds."""
    return Updater(str(folder), address, fetcher=fetcher, bootstrap=root)


def bring(
    fetcher: Fetcher, url: str, target: TargetFile, partial: Path, wanted: Callable[[], bool]
) -> None:
    """Leave a target's bytes in `partial`, on from what it holds.

    Raises:
        tuf.DownloadError, OSError, Stopped: as `Fetcher.to_file`.
        tuf.LengthOrHashMismatchError: they are not what was signed; nothing is kept of them.
    """
    went_on = partial.exists()
    try:
        fetcher.to_file(url, partial, target.length, wanted)
    except tuf.DownloadLengthMismatchError:
        partial.unlink(missing_ok=True)  # the beginning of another file is of no use
        raise
    if not _is_right(target, partial) and went_on:
        partial.unlink()  # the rubbish may have been here, not there
        fetcher.to_file(url, partial, target.length, wanted)
    try:
        with partial.open("rb") as file:
            target.verify_length_and_hashes(file)
    except tuf.LengthOrHashMismatchError:
        partial.unlink()
        raise


def _is_right(target: TargetFile, path: Path) -> bool:
    try:
        with path.open("rb") as file:
            target.verify_length_and_hashes(file)
    except tuf.LengthOrHashMismatchError:
        return False
    return True


@contextmanager
def _told() -> Iterator[None]:
    """python-tuf's errors as ours. The order matters: several are kinds of others."""
    try:
        yield
    except tuf.DownloadLengthMismatchError as error:
        raise ReleaseError(Distrust.OVERSIZE) from error
    except CutError as error:
        raise ReleaseError(Distrust.CUT) from error
    except tuf.DownloadError as error:
        raise ReleaseError(Distrust.UNREACHABLE) from error
    except tuf.ExpiredMetadataError as error:
        raise ReleaseError(Distrust.EXPIRED) from error
    except tuf.BadVersionNumberError as error:
        raise ReleaseError(Distrust.OLDER) from error
    except tuf.UnsignedMetadataError as error:
        raise ReleaseError(Distrust.UNSIGNED) from error
    except tuf.LengthOrHashMismatchError as error:
        raise ReleaseError(Distrust.ALTERED) from error
    except (tuf.RepositoryError, ValueError) as error:
        raise ReleaseError(Distrust.MALFORMED) from error
    except OSError as error:
        full = files.is_full(error)
        raise ReleaseError(Distrust.NO_ROOM if full else Distrust.UNREACHABLE) from error
