"""Keyrings in memory, real backends of the library, well-behaved and not."""

from __future__ import annotations

import threading
from dataclasses import replace

from keyring.backend import KeyringBackend

from echo_daemon.store.keys import KeyPlace, KeyPolicy


class MemoryKeyring(KeyringBackend):
    """A working keyring; what it holds ends with the test."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


class ForgetfulKeyring(MemoryKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise PermissionError("locked")


class SilentKeyring(MemoryKeyring):
    """Waits for a person who never comes."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait()
        return None


class Wallet(MemoryKeyring):
    """One that a person may lock, and that asks a person when it is locked."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = False
        self.asked_a_person = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked_a_person += self.locked
        return super().get_password(service, username)


# As if these were known to encrypt.
ALLOWED = frozenset(
    f"{backend.__module__}.{backend.__qualname__}"
    for backend in (MemoryKeyring, ForgetfulKeyring, LockedKeyring, SilentKeyring)
)


def in_file(place: KeyPlace) -> KeyPlace:
    return replace(place, policy=KeyPolicy.FILE)


def in_keyring(place: KeyPlace) -> KeyPlace:
    return replace(place, policy=KeyPolicy.KEYRING)
