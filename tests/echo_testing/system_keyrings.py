"""macOS' Keychain and libsecret beneath the library's own backends: what they do, in memory.

The backends are those of `keyring`; what is made up is the system that they call, as far as they
and `echo_daemon.store.quiet_keyrings` call it, and it counts what a person would have been asked.

Left out: every other call of these systems.
"""

from __future__ import annotations

from ctypes import c_ubyte
from types import SimpleNamespace
from typing import Any

import keyring.backends.libsecret
import keyring.backends.macOS
import pytest
from keyring.backend import KeyringBackend

_INTERACTION_NOT_ALLOWED = -25308  # errSecInteractionNotAllowed


class LockableSystem:
    """A system's keyring, which a person can lock."""

    backend: KeyringBackend

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False
        self.may_ask = True
        self.asked_a_person = 0
        self.asked = 0  # for secrets

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Be what the library's backend calls."""
        raise NotImplementedError

    def _unlock(self) -> None:
        if self.locked:
            self.asked_a_person += 1
            self.locked = False  # the person typed the passphrase


class Keychain(LockableSystem):
    """The keychains in files, through Security.framework."""

    def __init__(self) -> None:
        super().__init__()
        self.backend = keyring.backends.macOS.Keyring()  # type: ignore[no-untyped-call]
        self.switch_works = True

    class Error(Exception):
        """As the library's: of a status."""

    class NotFound(Error):  # noqa: N818 - its name there
        """errSecItemNotFound."""

    class KeychainDenied(Error):  # noqa: N818 - its name there
        """The person said no."""

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """The module `api` is missing where there is no Security.framework."""
        patch.setattr(keyring.backends.macOS, "api", self, raising=False)

    @property
    def _sec(self) -> Keychain:
        return self

    def SecKeychainGetUserInteractionAllowed(self, found: Any) -> int:  # noqa: N802
        found._obj.value = self.may_ask
        return 0

    def SecKeychainSetUserInteractionAllowed(self, allowed: c_ubyte) -> int:  # noqa: N802
        if self.switch_works:
            self.may_ask = bool(allowed.value)
        return 0 if self.switch_works else -4

    def find_generic_password(self, _keychain: object, service: str, username: str) -> str:
        self.asked += 1
        if (service, username) not in self.held:
            raise self.NotFound
        if self.locked and not self.may_ask:
            raise self.Error(_INTERACTION_NOT_ALLOWED)
        self._unlock()
        return self.held[service, username]

    def set_generic_password(
        self, _keychain: object, service: str, username: str, password: str
    ) -> None:
        self.held[service, username] = password


class SecretsOnTheBus(LockableSystem):
    """A Secret Service, through libsecret and GLib's D-Bus."""

    def __init__(self) -> None:
        super().__init__()
        self.backend = keyring.backends.libsecret.Keyring()  # type: ignore[no-untyped-call]
        self.others_locked = False  # a second collection, in which nothing of ours is

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """The names that the module has where PyGObject is installed."""
        kinds = SimpleNamespace(STRING="string")
        secret = SimpleNamespace(
            Schema=SimpleNamespace(new=lambda *_: None),
            SchemaFlags=SimpleNamespace(NONE=0),
            SchemaAttributeType=kinds,
            SearchFlags=SimpleNamespace(UNLOCK=4),
            COLLECTION_DEFAULT="default",
            password_search_sync=self._search,
            password_store_sync=self._store,
        )
        gio = SimpleNamespace(
            BusType=SimpleNamespace(SESSION=2),
            DBusCallFlags=SimpleNamespace(NO_AUTO_START=1),
            bus_get_sync=lambda *_: SimpleNamespace(call_sync=self._call),
        )
        glib = SimpleNamespace(Variant=lambda _shape, values: values, Error=OSError)
        for name, value in (("Secret", secret), ("Gio", gio), ("GLib", glib)):
            patch.setattr(keyring.backends.libsecret, name, value, raising=False)

    def _search(
        self, _schema: object, wanted: dict[str, str], flags: int, _cancel: object
    ) -> list[Any]:
        assert flags == 4
        self.asked += 1
        secret = self.held.get((wanted["service"], wanted["username"]))
        if secret is None:
            return []
        self._unlock()
        value = SimpleNamespace(get_text=lambda: secret)
        return [SimpleNamespace(retrieve_secret_sync=lambda: value)]

    def _store(self, _schema: object, of: dict[str, str], *rest: object) -> bool:
        self.held[of["service"], of["username"]] = str(rest[2])
        return True

    def _call(self, *message: Any) -> Any:
        _, place, _, method, (interface, name), *_ = message
        assert method == "Get"
        answer: object
        if (interface, name) == ("org.freedesktop.Secret.Service", "Collections"):
            answer = ["/login", "/other"]
        else:
            assert (interface, name) == ("org.freedesktop.Secret.Collection", "Locked")
            answer = self.locked if place == "/login" else self.others_locked
        return SimpleNamespace(unpack=lambda: (answer,))
