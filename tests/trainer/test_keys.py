"""The trainer's keys: made, renewed, trusted by the daemon's own code, opening what it seals."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from echo_core.errors import InputError, TrainerError
from echo_core.sharing.bundle.envelope import Kind, Said, Suite, key_for
from echo_core.sharing.bundle.fields import canonical
from echo_daemon.sealing.sealer import BundleSealer
from echo_testing.contributions import BUNDLE
from echo_trainer.home import Home
from echo_trainer.keys.opening import open_envelope
from echo_trainer.keys.ring import OVERLAP_DAYS, KeyRing
from echo_trainer.keys.signatures import ReceiptSigner, receipt_of

TODAY = date(2026, 11, 22)
WEEK = "2026-W47"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    made = KeyRing(Home(tmp_path))
    made.create(TODAY, 365)
    return made


def sealed_by_a_daemon(ring: KeyRing, suite: Suite | None = None, today: date = TODAY) -> bytes:
    sealer = BundleSealer()
    signed = ring.home.key_list.read_bytes()
    listed = sealer.trusted(signed, ring.root, version_min=1, day=today.isoformat())
    key = key_for(listed, today.isoformat())
    if suite is not None:
        key = next(each for each in listed.keys if each.suite == suite)
    assert key is not None
    return sealer.envelope(bytes(32), canonical(BUNDLE), Kind.SAMPLES, WEEK, key)


@pytest.mark.parametrize("suite", [None, *Suite])
def test_what_a_daemon_seals_opens(ring: KeyRing, suite: Suite | None) -> None:
    found, content = open_envelope(sealed_by_a_daemon(ring, suite), ring.openers())
    assert content == canonical(BUNDLE)
    assert found.header.suite == (suite or Suite.HYBRID)


def test_new_keys_are_used_and_old_envelopes_still_open(ring: KeyRing) -> None:
    before = sealed_by_a_daemon(ring)
    later = TODAY + timedelta(days=90)
    listed = ring.rotate(later, 365)
    assert (listed.version, len(listed.keys)) == (2, 4)
    last = (later + timedelta(days=OVERLAP_DAYS)).isoformat()
    assert [key.not_after for key in listed.keys if key.not_before == TODAY.isoformat()] == [
        last,
        last,
    ]
    after = sealed_by_a_daemon(ring, today=later)
    used = [open_envelope(each, ring.openers())[0].header.key for each in (before, after)]
    assert used[0] != used[1]
    for _ in range(8):
        listed = ring.rotate(later, 365)
    assert len(listed.keys) <= 12


def test_keys_that_were_lost_are_replaced_and_listed_no_more(ring: KeyRing) -> None:
    before, lost = sealed_by_a_daemon(ring), {key.id for key in ring.listed().keys}
    receipts = ring.listed().receipts
    for path in (ring.home.receipt_key, *ring.home.private_keys.glob("open-*.key")):
        path.unlink()
    listed = ring.rotate(TODAY, 365)
    assert lost.isdisjoint(key.id for key in listed.keys)
    assert (len(listed.keys), listed.receipts == receipts) == (2, False)
    with pytest.raises(InputError, match="not here"):
        open_envelope(before, ring.openers())
    assert open_envelope(sealed_by_a_daemon(ring), ring.openers())


def test_a_list_that_was_lost_is_served_somewhere(ring: KeyRing) -> None:
    ring.home.key_list.unlink()
    with pytest.raises(TrainerError, match="/v1/keys"):
        ring.rotate(TODAY, 365)
    with pytest.raises(TrainerError, match="keys already"):
        ring.create(TODAY, 365)


def test_what_is_not_ours_does_not_open(ring: KeyRing, tmp_path: Path) -> None:
    content = sealed_by_a_daemon(ring)
    other = KeyRing(Home(tmp_path / "other"))
    other.create(TODAY, 365)
    with pytest.raises(InputError, match="does not open"):
        open_envelope(content, other.openers())
    with pytest.raises(InputError, match="not here"):
        open_envelope(content, {})
    with pytest.raises(InputError, match="signature"):
        open_envelope(content[:-1] + bytes([content[-1] ^ 1]), ring.openers())


def test_keys_are_their_owners_alone_and_never_written_over(ring: KeyRing) -> None:
    for path in (*ring.home.private_keys.iterdir(), ring.home.receipt_key):
        assert path.stat().st_mode & 0o777 == 0o600
    assert ring.home.private_keys.stat().st_mode & 0o777 == 0o700
    with pytest.raises(TrainerError, match="rotate"):
        ring.create(TODAY, 365)
    ring.home.receipt_key.chmod(0o644)
    with pytest.raises(TrainerError, match="chmod 600"):
        ReceiptSigner.load(ring.home.receipt_key)
    ring.home.receipt_key.chmod(0o600)
    ring.home.receipt_key.write_text("ab", encoding="ascii")
    with pytest.raises(TrainerError, match="holds no key"):
        ReceiptSigner.load(ring.home.receipt_key)
    assert all(repr(each).count("'") == 2 for each in ring.openers().values())


def test_a_list_that_the_root_did_not_sign_is_seen(ring: KeyRing, tmp_path: Path) -> None:
    other = KeyRing(Home(tmp_path / "other"))
    with pytest.raises(TrainerError, match="keys create"):
        other.listed()
    other.create(TODAY, 365)
    ring.home.key_list.write_bytes(other.home.key_list.read_bytes())
    with pytest.raises(TrainerError, match="root key"):
        ring.listed()


def test_a_receipt_is_the_trainers(ring: KeyRing) -> None:
    signer = ReceiptSigner.load(ring.home.receipt_key)
    assert signer.public == ring.listed().receipts
    made = signer.receipt(Said.STORED, "ab" * 32, "2026-11-22")
    assert receipt_of(made, signer.public).of == "ab" * 32
    with pytest.raises(InvalidSignature):
        receipt_of(made.replace(b"ab" * 32, b"ac" * 32), signer.public)
