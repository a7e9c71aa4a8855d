"""Keyrings that tell whether they are open, so that a question wakes no dialog.

Left out: what is asked (`keys`).

Rules
 - By module and class, as in `keys`. One that is not here is not asked again while we run:
   libsecret searches only by unlocking, and a keychain of macOS may ask for any application.
 - A predicate looks and changes nothing; it may raise what its system raises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


def _secret_service(backend: KeyringBackend) -> bool:
    """The collection that the backend would unlock, looked at without making it."""
    library = vars(sys.modules[type(backend).__module__])[
        "secretstorage"
    ]  # its own, as it found it
    bus = library.dbus_init()
    try:
        name = getattr(backend, "preferred_collection", library.collection.DEFAULT_COLLECTION)
        return not library.Collection(bus, name).is_locked()
    finally:
        bus.close()


def _kwallet(backend: KeyringBackend) -> bool:
    """The wallet that this very backend opened at the start."""
    handle, wallet = getattr(backend, "handle", -1), getattr(backend, "iface", None)
    return handle >= 0 and wallet is not None and bool(wallet.isOpen(handle))


def _never_asks(_backend: KeyringBackend) -> bool:
    """Credentials of Windows are open as long as their user is logged in."""
    return True


QUIET: Final[Mapping[str, Callable[[KeyringBackend], bool]]] = MappingProxyType(
    {
        "keyring.backends.SecretService.Keyring": _secret_service,
        "keyring.backends.kwallet.DBusKeyring": _kwallet,
        "keyring.backends.kwallet.DBusKeyringKWallet4": _kwallet,
        "keyring.backends.Windows.WinVaultKeyring": _never_asks,
    }
)
