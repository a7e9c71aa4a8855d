"""The store's 32-byte key: in the operating system's keyring, else in a file that only we can read.

Left out: what the key opens (`database`).

Rules
 - Only keyrings that are known to encrypt are used: `keyring` also offers backends that write
   passwords in the clear, and chooses one by itself where nothing better is installed.
 - A key is made only where no store is; a store without its key is an error, never overwritten.
 - No key, no recording: there is no way to a store in the clear.
 - A keyring may wait for a person or for ever (D-Bus), so it is asked in a thread with a limit.
"""

from __future__ import annotations

import os
import secrets
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from echo_core.errors import StoreKeyError
from echo_daemon.store.database import KEY_BYTES
from echo_daemon.store.quiet_keyrings import QUIET, Quiet

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_T = TypeVar("_T")

# By module and class: a subclass or a namesake elsewhere is not the same promise.
ENCRYPTED_KEYRINGS: Final = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
_CHAINER: Final = "keyring.backends.chainer.ChainerBackend"
KEY_FILE: Final = "key file"
_SERVICE: Final = "echo-completion"

# D-Bus itself gives up after 25 s; a person who types a passphrase is asked again by a retry.
KEYRING_WAIT_S: Final = 30.0
CHECK_WAIT_S: Final = 5.0  # an open keyring answers in milliseconds

_KEEP_OR_MOVE: Final = "restore the key, or move the store's folder away to start a new one."


class KeyPolicy(StrEnum):
    """Where the key may be. AUTO: a keyring that works, else a file."""

    AUTO = "auto"
    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class KeySource:
    """A key and where it came from; `name` is for people, `key` for nobody."""

    name: str  # "keyring SecretService", "key file"
    key: bytes

    def __repr__(self) -> str:
        return f"KeySource({self.name!r})"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where the key of one store is kept.

    `account` tells the keys of several stores apart in one keyring: the store's own path.
    """

    file: Path
    account: str
    policy: KeyPolicy = KeyPolicy.AUTO
    allowed: frozenset[str] = ENCRYPTED_KEYRINGS
    wait_s: float = KEYRING_WAIT_S
    quiet: Mapping[str, Quiet] = field(default_factory=lambda: QUIET)


def existing_key(place: KeyPlace) -> KeySource:
    """The key of a store that exists.

    Raises:
        StoreKeyError: it is nowhere, or where it is it cannot be trusted; nothing was changed.
    """
    if place.policy is not KeyPolicy.KEYRING and _is_there(place.file):
        # Where both exist the file wins: it was made because the keyring did not work.
        return KeySource(KEY_FILE, _read_file(place.file))
    if place.policy is KeyPolicy.FILE:
        raise StoreKeyError(f"The store's key file is missing: {_KEEP_OR_MOVE}")
    found = _in_time(place.wait_s, lambda: _get(place))
    if found is None:
        raise StoreKeyError(f"The keyring does not hold the store's key: {_KEEP_OR_MOVE}")
    return found


def new_key(place: KeyPlace) -> KeySource:
    """A key for a store that does not exist yet: one that lies ready, else a fresh one.

    Raises:
        StoreKeyError: there is no place for a key that the policy allows.
    """
    if place.policy is not KeyPolicy.KEYRING and _is_there(place.file):
        return KeySource(KEY_FILE, _read_file(place.file))
    if place.policy is not KeyPolicy.FILE:
        try:
            return _in_time(place.wait_s, lambda: _get(place) or _set(place))
        except StoreKeyError:
            if place.policy is KeyPolicy.KEYRING:
                raise
    return KeySource(KEY_FILE, _make_file(place.file))


def check_key(place: KeyPlace, source: KeySource) -> None:
    """See that a key file still holds the key; of a keyring, see `check_keyring`.

    Raises:
        StoreKeyError: it does not. What is written now nobody could read after a restart.
    """
    if source.name != KEY_FILE:
        return
    if not _is_there(place.file):
        raise StoreKeyError("The store's key file was taken away: put it back to go on recording.")
    if _read_file(place.file) != source.key:
        raise StoreKeyError("The store's key file holds another key: put the right one back.")


def check_keyring(place: KeyPlace, source: KeySource) -> bool:
    """See that the keyring still holds the key, where it can be asked without asking a person.

    Whether it could. Blocks for as long as a keyring may take.

    Raises:
        StoreKeyError: the keyring is open, and holds none or another one.
    """

    def ask() -> str | None:
        for backend in _backends(place.allowed):
            if _source(backend, source.key).name == source.name:
                quiet = place.quiet.get(_name(backend), _may_not)
                with quiet(backend) as may_ask:
                    return backend.get_password(_SERVICE, place.account) or "" if may_ask else None
        return None

    try:
        secret = _in_time(min(place.wait_s, CHECK_WAIT_S), ask)
    except StoreKeyError:
        return False  # it fails, or does not answer: that says nothing about the key
    if secret is None:
        return False
    if not secret:
        raise StoreKeyError(
            "The keyring does not hold the store's key any more: put it back to go on recording."
        )
    if secret != source.key.hex():
        raise StoreKeyError("The keyring holds another key: put the right one back.")
    return True


def destroy_key(place: KeyPlace) -> None:
    """Remove the key from everywhere it may be; without it the store is noise.

    Raises:
        StoreKeyError: it could not be removed, or is still there.
    """
    if _is_there(place.file):
        _destroy_file(place.file)
    if place.policy is KeyPolicy.FILE:
        return
    try:
        backends = _in_time(place.wait_s, lambda: _backends(place.allowed))
    except StoreKeyError:
        return  # no keyring that was ever given a key
    _in_time(place.wait_s, lambda: _remove(backends, place.account))


# --- the keyring ------------------------------------------------------------------------------


def _backends(allowed: frozenset[str]) -> list[KeyringBackend]:
    """The keyrings that may be used, best first.

    Raises:
        StoreKeyError: none may.
    """
    import keyring  # noqa: PLC0415 - 40 ms, and a key file does not need it

    chosen = keyring.get_keyring()
    # A chainer writes to whichever member comes first, encrypted or not: take it apart.
    members: list[KeyringBackend] = [chosen]
    if _name(chosen) == _CHAINER:
        members = list(getattr(chosen, "backends", ()))
    good = [member for member in members if _name(member) in allowed]
    if not good:
        raise StoreKeyError(
            f"The keyring offered is {_name(chosen)}, which is not known to encrypt: "
            "set up Secret Service, KWallet or the system's keychain, or use a key file."
        )
    return good


def _may_not(_backend: KeyringBackend) -> AbstractContextManager[bool]:
    """Nobody knows how this one could be asked without asking a person."""
    return nullcontext(enter_result=False)


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _source(backend: KeyringBackend, key: bytes) -> KeySource:
    return KeySource(f"keyring {type(backend).__module__.rpartition('.')[2]}", key)


def _get(place: KeyPlace) -> KeySource | None:
    for backend in _backends(place.allowed):
        secret = backend.get_password(_SERVICE, place.account)
        if secret is not None:
            return _source(backend, _parsed(secret, "The key in the keyring"))
    return None


def _set(place: KeyPlace) -> KeySource:
    backend = _backends(place.allowed)[0]
    key = secrets.token_bytes(KEY_BYTES)
    backend.set_password(_SERVICE, place.account, key.hex())
    # A keyring that forgets would lose the whole store at the next start.
    if backend.get_password(_SERVICE, place.account) != key.hex():
        raise StoreKeyError("The keyring did not keep the store's key: use a key file.")
    return _source(backend, key)


def _remove(backends: list[KeyringBackend], account: str) -> None:
    for backend in backends:
        if backend.get_password(_SERVICE, account) is not None:
            backend.delete_password(_SERVICE, account)
        if backend.get_password(_SERVICE, account) is not None:
            raise StoreKeyError(f"{_name(backend)} still holds the store's key: remove it there.")


def _in_time(wait_s: float, ask: Callable[[], _T]) -> _T:
    """What `ask` returns, within the limit.

    The thread of a keyring that never answers is left behind as a daemon thread: there is no way
    to stop it, and it holds nothing of ours.

    Raises:
        StoreKeyError: the keyring took longer, or failed.
    """
    answers: list[_T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001 - backends raise what their system raises
            errors.append(error)

    thread = threading.Thread(target=run, name="echo-keyring", daemon=True)
    thread.start()
    thread.join(wait_s)
    if answers:
        return answers[0]
    if not errors:
        raise StoreKeyError(f"The keyring did not answer within {wait_s:g} s: unlock it.")
    if isinstance(errors[0], StoreKeyError):
        raise errors[0]
    raise StoreKeyError(
        f"The keyring failed ({type(errors[0]).__name__}): unlock it, or use a key file."
    ) from errors[0]


# --- the key file -----------------------------------------------------------------------------


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreKeyError("The store's folder cannot be read: make it yours.") from error
    return True


def _destroy_file(path: Path) -> None:
    try:
        with suppress(OSError):  # not ours, or not a file: then its name alone can go
            handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                os.write(handle, bytes(2 * KEY_BYTES + 1))  # as long as what `_make_file` writes
                os.fsync(handle)
            finally:
                os.close(handle)
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise StoreKeyError(
            f"The store's key file cannot be removed ({error.strerror}): make its folder writable."
        ) from error


def _read_file(path: Path) -> bytes:
    try:
        # Not blocking: a pipe in its place would be waited for at opening.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            # The open file is checked, not the path: nobody can swap it in between.
            _check_private(os.fstat(handle), path)
            content = os.read(handle, 4 * KEY_BYTES)
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreKeyError("The store's key file cannot be read: make it yours.") from error
    return _parsed(content.decode("ascii", "replace").strip(), "The store's key file")


def _check_private(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise StoreKeyError("The store's key file is not a file: remove it.")
    if status.st_uid != os.geteuid():
        raise StoreKeyError("The store's key file belongs to another user: take ownership.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise StoreKeyError("Others can read the store's key file: set its mode to 0600.")
    folder = path.parent.stat()
    if folder.st_uid != os.geteuid() or stat.S_IMODE(folder.st_mode) & 0o077:
        raise StoreKeyError("Others can reach into the store's folder: set its mode to 0700.")


def _make_file(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        handle = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            os.write(handle, f"{key.hex()}\n".encode("ascii"))
            os.fsync(handle)
        except OSError:
            path.unlink()
            raise
        finally:
            os.close(handle)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreKeyError(
            f"The store's key file cannot be made ({error.strerror}): "
            "make its folder yours, and free some space."
        ) from error
    return key


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: a new file is not, until its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(secret: str, what: str) -> bytes:
    try:
        key = bytes.fromhex(secret)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreKeyError(f"{what} is damaged: {_KEEP_OR_MOVE}")
    return key
