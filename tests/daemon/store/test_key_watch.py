"""Whether a keyring still has the key, asked so that no person is."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import keyring
import pytest

from echo_core.errors import StoreKeyError
from echo_daemon.store.key_watch import ASK_AGAIN_MS, ASK_AGAIN_MS_MAX, KeyWatch
from echo_daemon.store.keys import (
    ENCRYPTED_KEYRINGS,
    KeyPlace,
    check_keyring,
    existing_key,
    new_key,
)
from echo_daemon.store.quiet_keyrings import QUIET
from echo_testing.keyrings import (
    ALLOWED,
    LockedKeyring,
    MemoryKeyring,
    SilentKeyring,
    Wallet,
    in_file,
    in_keyring,
)
from echo_testing.system_keyrings import Keychain, LockableSystem, SecretsOnTheBus
from echo_testing.wound_clock import WoundClock


def quietly(place: KeyPlace) -> KeyPlace:
    name = f"{Wallet.__module__}.{Wallet.__qualname__}"
    return replace(
        in_keyring(place),
        allowed=frozenset({name}),
        quiet={name: lambda wallet: nullcontext(not getattr(wallet, "locked", True))},
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
        quiet = {name: lambda _: nullcontext(enter_result=True)}
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


def test_what_tells_whether_a_wallet_is_open() -> None:
    """On objects of the libraries' shapes; the real ones need their desktops."""
    wallet = MemoryKeyring()

    def may_ask(name: str) -> bool:
        with QUIET[name](wallet) as answer:
            return answer

    assert not may_ask("keyring.backends.kwallet.DBusKeyring")
    wallet.handle, wallet.iface = 7, OpenWallets({7})  # type: ignore[attr-defined]
    assert may_ask("keyring.backends.kwallet.DBusKeyring")
    wallet.iface = OpenWallets(set())  # type: ignore[attr-defined]
    assert not may_ask("keyring.backends.kwallet.DBusKeyring")
    assert may_ask("keyring.backends.Windows.WinVaultKeyring")
    assert set(QUIET) == ENCRYPTED_KEYRINGS


class OpenWallets:
    def __init__(self, handles: set[int]) -> None:
        self._handles = handles

    def isOpen(self, handle: int) -> int:  # noqa: N802 - as KWallet calls it
        return int(handle in self._handles)


@pytest.fixture(params=[Keychain, SecretsOnTheBus], ids=["macOS", "libsecret"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> LockableSystem:
    """The library's own backend over a system that counts what a person is asked."""
    system: LockableSystem = request.param()
    system.install(monkeypatch)
    return system


@pytest.fixture
def at_system(place: KeyPlace) -> KeyPlace:
    return replace(in_keyring(place), allowed=ENCRYPTED_KEYRINGS, wait_s=5.0)


async def test_a_key_taken_out_of_a_keyring_that_may_ask_is_noticed_and_nobody_is_asked(
    at_system: KeyPlace, system: LockableSystem
) -> None:
    keyring.set_keyring(system.backend)
    clock = WoundClock()
    watch = KeyWatch(at_system, new_key(at_system), clock)
    clock.pass_ms(ASK_AGAIN_MS)
    await watch.look()
    watch.guard()
    held = dict(system.held)
    system.held.clear()
    clock.pass_ms(ASK_AGAIN_MS)
    await watch.look()
    with pytest.raises(StoreKeyError, match="any more"):
        watch.guard()
    system.locked = True
    system.held.update(held)
    await watch.look()  # what a locked one holds nobody can say
    with pytest.raises(StoreKeyError, match="any more"):
        watch.guard()
    system.locked = False
    await watch.look()
    watch.guard()
    assert system.asked_a_person == 0
    assert system.may_ask  # whoever reads a key at a start may be asked for it


def test_a_locked_keyring_asks_a_person_at_the_start_only(
    at_system: KeyPlace, system: LockableSystem
) -> None:
    keyring.set_keyring(system.backend)
    source = new_key(at_system)
    system.locked = True
    assert not check_keyring(at_system, source)
    assert system.asked_a_person == 0
    assert existing_key(at_system) == source
    assert system.asked_a_person == 1
    assert check_keyring(at_system, source)


def test_another_collection_that_is_locked_is_not_unlocked_to_look(
    at_system: KeyPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = SecretsOnTheBus()
    system.install(monkeypatch)
    keyring.set_keyring(system.backend)
    source = new_key(at_system)
    system.others_locked = True
    assert not check_keyring(at_system, source)
    assert system.asked_a_person == 0


def test_a_keychain_without_that_switch_is_not_asked(
    at_system: KeyPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = Keychain()
    system.install(monkeypatch)
    keyring.set_keyring(system.backend)
    source = new_key(at_system)
    system.switch_works = False
    asked = system.asked
    assert not check_keyring(at_system, source)
    assert system.asked == asked
