"""How a keyring is asked so that nobody else is: no dialog, no wish for a passphrase.

Left out: what is asked (`keys`), and when (`key_watch`).

Rules
 - By module and class, as in `keys`. One that is not here is not asked again while we run.
 - Each is a block in which the question may be put, and says whether it may. It looks and changes
   nothing that outlives the block; it may raise what its system raises.
 - What it uses of a system is what the backend itself found, so that nothing is looked for twice.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from ctypes import byref, c_ubyte
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Quiet: TypeAlias = "Callable[[KeyringBackend], AbstractContextManager[bool]]"

_SECRETS: Final = "org.freedesktop.secrets"  # the specification's names (Secret Service 0.2)
_SERVICE: Final = ("/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "Collections")
_LOCKED: Final = ("org.freedesktop.Secret.Collection", "Locked")
_ANSWER_MS_MAX: Final = 2_000  # of one message on D-Bus; an open keyring answers in milliseconds


def _module(backend: KeyringBackend) -> dict[str, Any]:
    return vars(sys.modules[type(backend).__module__])


@contextmanager
def _secret_service(backend: KeyringBackend) -> Iterator[bool]:
    """The collection that the backend would unlock, looked at without making it."""
    library = _module(backend)["secretstorage"]
    bus = library.dbus_init()
    try:
        name = getattr(backend, "preferred_collection", library.collection.DEFAULT_COLLECTION)
        is_locked = library.Collection(bus, name).is_locked()
    finally:
        bus.close()
    yield not is_locked


@contextmanager
def _libsecret(backend: KeyringBackend) -> Iterator[bool]:
    """Its search unlocks whatever it finds, in any collection: so all of them have to be open.

    They are asked on the bus itself. What libsecret knows of them is as old as its last turn of
    GLib's main loop, and there is none here.
    """
    glib, gio = (_module(backend)[name] for name in ("GLib", "Gio"))
    bus = gio.bus_get_sync(gio.BusType.SESSION, None)

    def told(place: str, interface: str, name: str) -> Any:
        answer = bus.call_sync(
            _SECRETS,
            place,
            "org.freedesktop.DBus.Properties",
            "Get",
            glib.Variant("(ss)", (interface, name)),
            None,
            gio.DBusCallFlags.NO_AUTO_START,  # one that has ended is not started to be asked
            _ANSWER_MS_MAX,
            None,
        )
        return answer.unpack()[0]

    yield not any(told(collection, *_LOCKED) for collection in told(*_SERVICE))


@contextmanager
def _kwallet(backend: KeyringBackend) -> Iterator[bool]:
    """The wallet that this very backend opened at the start."""
    handle, wallet = getattr(backend, "handle", -1), getattr(backend, "iface", None)
    yield handle >= 0 and wallet is not None and bool(wallet.isOpen(handle))


@contextmanager
def _never_asks(_backend: KeyringBackend) -> Iterator[bool]:
    """Credentials of Windows are open as long as their user is logged in."""
    yield True


@contextmanager
def _keychain(backend: KeyringBackend) -> Iterator[bool]:
    """What would show a dialog fails instead (errSecInteractionNotAllowed): a keychain that is
    locked, an item that another program may not read.

    That holds for the whole process while the block lasts; our store is open then, so nobody else
    here has a question. `SecKeychainSetUserInteractionAllowed` is for the keychains in files, which
    are those that the backend uses.
    """
    security = _module(backend)["api"]._sec  # noqa: SLF001 - the framework, as the backend loaded it
    before = c_ubyte(1)
    security.SecKeychainGetUserInteractionAllowed(byref(before))
    may_ask = security.SecKeychainSetUserInteractionAllowed(c_ubyte(0)) == 0
    try:
        yield may_ask
    finally:
        security.SecKeychainSetUserInteractionAllowed(before)


QUIET: Final[Mapping[str, Quiet]] = MappingProxyType(
    {
        "keyring.backends.SecretService.Keyring": _secret_service,
        "keyring.backends.libsecret.Keyring": _libsecret,
        "keyring.backends.kwallet.DBusKeyring": _kwallet,
        "keyring.backends.kwallet.DBusKeyringKWallet4": _kwallet,
        "keyring.backends.macOS.Keyring": _keychain,
        "keyring.backends.Windows.WinVaultKeyring": _never_asks,
    }
)
