"""The key: made once, kept where only we can read it, never in a keyring that writes it plainly."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.backends.null import Keyring as NullKeyring

from echo_core.errors import StoreKeyError
from echo_daemon.store.keys import KeyPlace, KeyPolicy, destroy_key, existing_key, new_key
from echo_testing.keyrings import (
    ForgetfulKeyring,
    LockedKeyring,
    MemoryKeyring,
    SilentKeyring,
    in_file,
    in_keyring,
)


class PlaintextKeyring(MemoryKeyring):
    """Named as the one of keyrings.alt, which writes passwords into a file as they are."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


class Chain(ChainerBackend):
    """The library's chainer over given members."""

    backends: list[KeyringBackend] = []  # noqa: RUF012


Chain.__module__, Chain.__qualname__ = ChainerBackend.__module__, ChainerBackend.__qualname__


def test_a_key_file_is_private_and_is_found_again(place: KeyPlace) -> None:
    made = new_key(in_file(place))
    assert (made.name, len(made.key)) == ("key file", 32)
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.file.parent.stat().st_mode) == 0o700
    assert existing_key(in_file(place)) == made == new_key(in_file(place))
    assert made.key.hex() not in repr(made)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_file_that_others_can_read_is_refused(place: KeyPlace, mode: int) -> None:
    new_key(in_file(place))
    place.file.chmod(mode)
    for ask in (existing_key, new_key):
        with pytest.raises(StoreKeyError, match="0600"):
            ask(in_file(place))


def test_a_folder_that_others_can_enter_is_refused(place: KeyPlace) -> None:
    new_key(in_file(place))
    place.file.parent.chmod(0o755)
    with pytest.raises(StoreKeyError, match="0700"):
        existing_key(in_file(place))


def test_a_link_is_not_followed(place: KeyPlace) -> None:
    new_key(in_file(place))
    target = place.file.rename(place.file.with_name("elsewhere"))
    place.file.symlink_to(target)
    with pytest.raises(StoreKeyError, match="cannot be read"):
        existing_key(in_file(place))


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "ab" * 33, "\xff"])
def test_a_damaged_key_file_is_refused_and_kept(place: KeyPlace, content: str) -> None:
    new_key(in_file(place))
    place.file.write_text(content, encoding="latin-1")
    for ask in (existing_key, new_key):
        with pytest.raises(StoreKeyError, match="damaged"):
            ask(in_file(place))
    assert place.file.read_text(encoding="latin-1") == content


def test_a_missing_key_is_not_made_anew_for_a_store_that_exists(place: KeyPlace) -> None:
    keyring.set_keyring(MemoryKeyring())
    for asked in (place, in_file(place), in_keyring(place)):
        with pytest.raises(StoreKeyError, match="restore the key"):
            existing_key(asked)
    assert not place.file.exists()


def test_a_key_file_that_cannot_be_made_is_a_sentence(place: KeyPlace) -> None:
    place.file.parent.parent.joinpath("profile").write_text("a file where the folder should be")
    with pytest.raises(StoreKeyError, match="make it yours"):
        new_key(in_file(place))


def test_a_key_file_in_a_place_that_does_not_exist_is_a_sentence(place: KeyPlace) -> None:
    place = replace(place, file=Path("/proc/echo/store.key"))
    with pytest.raises(StoreKeyError, match="make its folder yours"):
        new_key(in_file(place))


def test_a_key_file_of_another_user_is_refused(
    place: KeyPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_key(in_file(place))
    owner = place.file.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(StoreKeyError, match="another user"):
        existing_key(in_file(place))


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_no_key_file(place: KeyPlace, make: Callable[[Path], None]) -> None:
    place.file.parent.mkdir()
    make(place.file)
    with pytest.raises(StoreKeyError, match="not a file"):
        existing_key(in_file(place))


@pytest.mark.parametrize("policy", [KeyPolicy.AUTO, KeyPolicy.KEYRING])
def test_a_keyring_that_works_is_used(place: KeyPlace, policy: KeyPolicy) -> None:
    keyring.set_keyring(MemoryKeyring())
    place = replace(place, policy=policy)
    made = new_key(place)
    assert made.name.startswith("keyring ")
    assert existing_key(place) == made == new_key(place)
    assert not place.file.exists()
    other = new_key(replace(place, account="another store"))
    assert other.key != made.key


@pytest.mark.parametrize(
    "backend",
    [PlaintextKeyring, NullKeyring, FailKeyring, ForgetfulKeyring, LockedKeyring],
)
def test_a_keyring_that_cannot_be_trusted_is_not_used(
    place: KeyPlace, backend: type[KeyringBackend]
) -> None:
    instance = backend()
    keyring.set_keyring(instance)
    with pytest.raises(StoreKeyError, match="key file"):
        new_key(in_keyring(place))
    assert new_key(place).name == "key file"
    assert not getattr(instance, "held", {})


def test_a_subclass_of_a_good_keyring_is_not_it(place: KeyPlace) -> None:
    keyring.set_keyring(type("Subclass", (MemoryKeyring,), {})())
    with pytest.raises(StoreKeyError, match="not known to encrypt"):
        new_key(in_keyring(place))


def test_a_chain_is_used_only_through_its_good_members(
    place: KeyPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, good = PlaintextKeyring(), MemoryKeyring()
    monkeypatch.setattr(Chain, "backends", [plain, good])
    keyring.set_keyring(Chain())
    made = new_key(place)
    assert made.name.startswith("keyring ")
    assert (len(plain.held), list(good.held.values())) == (0, [made.key.hex()])
    monkeypatch.setattr(Chain, "backends", [plain])
    with pytest.raises(StoreKeyError, match="not known to encrypt"):
        existing_key(place)


def test_a_keyring_that_never_answers_is_left_alone(place: KeyPlace) -> None:
    silent = SilentKeyring()
    keyring.set_keyring(silent)
    place = replace(place, wait_s=0.05)
    with pytest.raises(StoreKeyError, match="did not answer"):
        new_key(in_keyring(place))
    assert new_key(place).name == "key file"
    silent.answered.set()


def test_a_key_file_wins_over_a_keyring(place: KeyPlace) -> None:
    keyring.set_keyring(MemoryKeyring())
    held = new_key(in_keyring(place))
    filed = new_key(in_file(place))
    assert existing_key(place) == filed != held


def test_a_damaged_key_in_a_keyring_is_refused(place: KeyPlace) -> None:
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    new_key(place)
    memory.held = dict.fromkeys(memory.held, "not a key")
    with pytest.raises(StoreKeyError, match="damaged"):
        existing_key(in_keyring(place))


class StubbornKeyring(MemoryKeyring):
    def delete_password(self, service: str, username: str) -> None:
        pass


def test_a_key_is_destroyed_wherever_it_is(place: KeyPlace) -> None:
    new_key(in_file(place))
    held = MemoryKeyring()
    keyring.set_keyring(held)
    new_key(in_keyring(place))
    assert held.held
    destroy_key(place)
    assert not place.file.exists()
    assert held.held == {}
    destroy_key(place)


def test_a_keyring_that_does_not_let_go_is_told_of(place: KeyPlace) -> None:
    allowed = frozenset({f"{__name__}.StubbornKeyring"})
    keyring.set_keyring(StubbornKeyring())
    there = replace(place, policy=KeyPolicy.KEYRING, allowed=allowed)
    new_key(there)
    with pytest.raises(StoreKeyError, match="still holds"):
        destroy_key(there)


def test_a_key_file_is_overwritten_before_its_name_goes(place: KeyPlace, tmp_path: Path) -> None:
    key = new_key(in_file(place)).key
    other_name = tmp_path / "other"
    other_name.hardlink_to(place.file)
    destroy_key(in_file(place))
    assert key.hex().encode() not in other_name.read_bytes()


def test_without_a_keyring_only_the_file_goes(place: KeyPlace) -> None:
    new_key(in_file(place))
    keyring.set_keyring(FailKeyring())
    destroy_key(place)
    assert not place.file.exists()
