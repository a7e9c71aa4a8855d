"""Whether a keyring still has the key, asked so that no person is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import pytest

from echo_core.errors import StoreKeyError
from echo_daemon.store.key_watch import ASK_AGAIN_MS, ASK_AGAIN_MS_MAX, KeyWatch
from echo_daemon.store.keys import KeyPlace, KeyPolicy, check_keyring, new_key
from echo_daemon.store.quiet_keyrings import QUIET
from echo_testing.keyrings import LockedKeyring, MemoryKeyring, SilentKeyring, Wallet
from echo_testing.wound_clock import WoundClock

ALLOWED = frozenset(
    f"{backend.__module__}.{backend.__qualname__}"
    for backend in (MemoryKeyring, LockedKeyring, SilentKeyring)
)


@pytest.fixture(autouse=True)
def _keyring_is_put_back() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def place(tmp_path: Path) -> KeyPlace:
    return KeyPlace(tmp_path / "profile" / "store.key", "a store", allowed=ALLOWED)


def in_file(place: KeyPlace) -> KeyPlace:
    return replace(place, policy=KeyPolicy.FILE)


def in_keyring(place: KeyPlace) -> KeyPlace:
    return replace(place, policy=KeyPolicy.KEYRING)


def quietly(place: KeyPlace) -> KeyPlace:
    name = f"{Wallet.__module__}.{Wallet.__qualname__}"
    return replace(
        in_keyring(place),
        allowed=frozenset({name}),
        quiet={name: lambda wallet: not getattr(wallet, "locked", True)},
    )


def test_an_open_keyring_is_asked_whether_it_has_the_key(place: KeyPlace) -> None:
    wallet, place = Wallet(), quietly(place)
    keyring.set_keyring(wallet)
    source = new_key(place)
    assert check_keyring(place, source)
    ((whose, _),) = wallet.held.items()
    wallet.held[whose] = "ab" * 32
    with pytest.raises(StoreKeyError, match="another key"):
        check_keyring(place, source)
    wallet.held.clear()
    with pytest.raises(StoreKeyError, match="does not hold the store's key any more"):
        check_keyring(place, source)


def test_a_keyring_that_would_ask_a_person_is_not_asked(place: KeyPlace) -> None:
    wallet, place = Wallet(), quietly(place)
    keyring.set_keyring(wallet)
    source = new_key(place)
    wallet.held.clear()
    wallet.locked = True
    assert not check_keyring(place, source)
    assert not check_keyring(replace(place, quiet={}), source)
    keyring.set_keyring(MemoryKeyring())
    assert not check_keyring(replace(place, allowed=ALLOWED), source)
    assert not check_keyring(place, source)
    assert wallet.asked_a_person == 0


def test_a_keyring_that_fails_or_is_silent_says_nothing_about_the_key(place: KeyPlace) -> None:
    keyring.set_keyring(MemoryKeyring())
    source = new_key(in_keyring(place))
    for other in (LockedKeyring(), SilentKeyring()):
        keyring.set_keyring(other)
        name = f"{type(other).__module__}.{type(other).__qualname__}"
        quiet = {name: lambda _: True}
        assert not check_keyring(replace(in_keyring(place), quiet=quiet, wait_s=0.05), source)
        if isinstance(other, SilentKeyring):
            other.answered.set()


async def test_a_keyring_is_asked_at_long_intervals(place: KeyPlace) -> None:
    wallet, place, clock = Wallet(), quietly(place), WoundClock()
    keyring.set_keyring(wallet)
    watch = KeyWatch(place, new_key(place), clock)
    held = dict(wallet.held)
    wallet.held.clear()
    await watch.look()
    watch.guard()
    clock.pass_ms(ASK_AGAIN_MS)
    await watch.look()
    with pytest.raises(StoreKeyError, match="any more"):
        watch.guard()
    wallet.locked = True
    await watch.look()  # it cannot be asked: what it said last holds
    with pytest.raises(StoreKeyError, match="any more"):
        watch.guard()
    wallet.locked = False
    wallet.held.update(held)
    await watch.look()
    watch.guard()
    wallet.locked = True
    for _ in range(9):
        clock.pass_ms(ASK_AGAIN_MS_MAX)
        await watch.look()
    wallet.locked = False
    wallet.held.clear()
    clock.pass_ms(ASK_AGAIN_MS)
    await watch.look()  # it could not be asked for long: not so soon again
    watch.guard()
    assert wallet.asked_a_person == 0


async def test_a_key_file_is_not_a_keyring_s_affair(place: KeyPlace) -> None:
    clock = WoundClock()
    watch = KeyWatch(in_file(place), new_key(in_file(place)), clock)
    clock.pass_ms(ASK_AGAIN_MS_MAX)
    await watch.look()
    watch.guard()
    place.file.unlink()
    with pytest.raises(StoreKeyError, match="key file was taken away"):
        watch.guard()


def test_what_tells_whether_a_keyring_is_open() -> None:
    """The predicates on objects of the libraries' shapes; the real ones need their desktops."""
    wallet = MemoryKeyring()
    kwallet = QUIET["keyring.backends.kwallet.DBusKeyring"]
    assert not kwallet(wallet)
    wallet.handle, wallet.iface = 7, OpenWallets({7})  # type: ignore[attr-defined]
    assert kwallet(wallet)
    wallet.iface = OpenWallets(set())  # type: ignore[attr-defined]
    assert not kwallet(wallet)
    assert QUIET["keyring.backends.Windows.WinVaultKeyring"](wallet)
    assert "keyring.backends.macOS.Keyring" not in QUIET


class OpenWallets:
    def __init__(self, handles: set[int]) -> None:
        self._handles = handles

    def isOpen(self, handle: int) -> int:  # noqa: N802 - as KWallet calls it
        return int(handle in self._handles)
