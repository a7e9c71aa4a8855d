"""Sealing: the published vectors, a second implementation, and everything that must not open."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import shake_256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from echo_core.errors import InputError, SharingError
from echo_core.sharing.bundle import envelope
from echo_core.sharing.bundle.contents import Bundle, digest
from echo_core.sharing.bundle.envelope import Kind, Suite, TrainerKeys
from echo_core.sharing.bundle.fields import canonical, read
from echo_core.sharing.bundle.packing import BUCKETS, unpacked
from echo_daemon.sealing.hpke import sealed
from echo_daemon.sealing.identity import SECRET_BYTES, Pseudonym, new_secret, sample_id
from echo_daemon.sealing.sealer import BundleSealer
from echo_daemon.sealing.trainer import trusted_keys
from echo_testing import second_hpke
from echo_testing.contributions import BUNDLE
from echo_testing.trainer_side import TrainerSide
from echo_trainer.keys.signatures import verified, wish

VECTORS: list[dict[str, str]] = json.loads(
    (Path(__file__).parents[2] / "golden" / "hpke-vectors.json").read_text()
)
CONTENT = canonical(BUNDLE)
SECRET = bytes(range(100, 132))
WEEK = "2026-W47"
ENC_BYTES = {Suite.HYBRID: 1120, Suite.X25519: 32}
_KDF, _AEAD = hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305


def made(suite: Suite = Suite.HYBRID, content: bytes = CONTENT) -> bytes:
    return BundleSealer().envelope(SECRET, content, Kind.SAMPLES, WEEK, TrainerSide().key(suite))


# --- vectors ----------------------------------------------------------------------------------


def bytes_in(vector: dict[str, str]) -> dict[str, bytes]:
    return {
        name: bytes.fromhex(value)
        for name, value in vector.items()
        if name not in ("suite", "source")
    }


def private_key(suite: str, private: bytes) -> Any:
    if suite == Suite.X25519:
        return hpke.KEM.X25519, X25519PrivateKey.from_private_bytes(private)
    expanded = shake_256(private).digest(96)
    both = hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
    return hpke.KEM.MLKEM768_X25519, both


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["suite"])
def test_the_second_implementation_gives_the_published_vectors(vector: dict[str, str]) -> None:
    known = bytes_in(vector)
    derive = second_hpke.x25519_keys if len(known["enc"]) == 32 else second_hpke.xwing_keys
    keys = derive(known["enc"], known["skRm"], known["info"])
    assert keys == second_hpke.Keys(known["shared_secret"], known["key"], known["base_nonce"])
    assert second_hpke.opened(keys, known["ct"], known["aad"]) == known["pt"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["suite"])
def test_the_library_derives_the_keys_of_the_published_vectors(vector: dict[str, str]) -> None:
    """Its interface takes no `aad`, so the message is sealed again by the vector's own key."""
    known = bytes_in(vector)
    again = ChaCha20Poly1305(known["key"]).encrypt(known["base_nonce"], known["pt"], b"")
    kem, private = private_key(vector["suite"], known["skRm"])
    suite = hpke.Suite(kem, _KDF, _AEAD)
    assert suite.decrypt(known["enc"] + again, private, known["info"]) == known["pt"]


def test_every_suite_has_its_vector() -> None:
    assert {vector["suite"] for vector in VECTORS} == set(Suite)


# --- a second implementation opens what we seal -----------------------------------------------


@pytest.mark.parametrize("suite", Suite)
def test_a_second_implementation_opens_our_bundles(suite: Suite) -> None:
    found = verified(made(suite))
    enc, ciphertext = found.sealed[: ENC_BYTES[suite]], found.sealed[ENC_BYTES[suite] :]
    derive = second_hpke.x25519_keys if suite is Suite.X25519 else second_hpke.xwing_keys
    keys = derive(enc, TrainerSide().seed, envelope.seal_context(found.header))
    assert unpacked(second_hpke.opened(keys, ciphertext), len(CONTENT)) == CONTENT


def test_pyhpke_opens_our_bundles() -> None:
    found = verified(made(Suite.X25519))
    suite = CipherSuite.new(
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
    )
    mine = KEMKey.from_pyca_cryptography_key(
        X25519PrivateKey.from_private_bytes(TrainerSide().seed)
    )
    context = suite.create_recipient_context(
        found.sealed[:32], mine, info=envelope.seal_context(found.header)
    )
    assert unpacked(context.open(found.sealed[32:]), len(CONTENT)) == CONTENT


def test_the_public_key_of_the_hybrid_is_that_of_the_second_implementation() -> None:
    side = TrainerSide()
    assert side.key().public == second_hpke.xwing_public(side.seed).hex()


# --- what opens, and what does not ------------------------------------------------------------


@pytest.mark.parametrize("suite", Suite)
def test_what_is_opened_is_what_was_previewed(suite: Suite) -> None:
    found = TrainerSide().open(made(suite))
    assert (found, digest(found)) == (CONTENT, digest(CONTENT))
    assert read(Bundle, found) == BUNDLE


def test_the_size_says_which_bucket_and_no_more() -> None:
    small, other = made(content=b"x"), made(content=CONTENT)
    assert len(small) == len(other)
    assert len(verified(small).sealed) == ENC_BYTES[Suite.HYBRID] + BUCKETS[0] + 16


def test_two_envelopes_of_one_bundle_differ() -> None:
    assert made() != made()


@pytest.mark.parametrize("suite", Suite)
def test_another_key_does_not_open_it(suite: Suite) -> None:
    with pytest.raises(InputError, match="does not open"):
        TrainerSide(seed=bytes(32)).open(made(suite))


def test_a_bundle_under_another_header_does_not_open() -> None:
    """Somebody signs our sealed bytes as their own, or moves them to another week."""
    found = verified(made())
    thief = Pseudonym(bytes(32), Kind.SAMPLES, WEEK)
    for header, signer in (
        (replace(found.header, contributor=thief.public), thief),
        (replace(found.header, week="2026-W48"), Pseudonym(SECRET, Kind.SAMPLES, WEEK)),
        (replace(found.header, kind=Kind.METRICS), Pseudonym(SECRET, Kind.SAMPLES, WEEK)),
    ):
        body = envelope.unsigned(header, found.sealed)
        moved = envelope.signed(body, signer.sign(envelope.to_sign(body)))
        with pytest.raises(InputError, match="does not open"):
            TrainerSide().open(moved)


@pytest.mark.parametrize("at", [-1, -100, 60])
def test_a_changed_byte_is_seen(at: int) -> None:
    content = bytearray(made())
    content[at] ^= 1
    with pytest.raises((InvalidSignature, InputError)):
        verified(bytes(content))


@pytest.mark.parametrize("public", ["", "00", "00" * 1216, "ff" * 1216])
def test_a_key_that_is_none_is_an_error(public: str) -> None:
    key = replace(TrainerSide().key(), public=public)
    with pytest.raises(SharingError, match="cannot be used"):
        # All zeros is a point that X25519 refuses; ones are no polynomial of ML-KEM.
        sealed(b"x", key, b"")


# --- identity ---------------------------------------------------------------------------------


def test_a_week_has_one_key_and_another_week_another() -> None:
    assert Pseudonym(SECRET, Kind.SAMPLES, WEEK).public == (
        Pseudonym(SECRET, Kind.SAMPLES, WEEK).public
    )
    keys = {
        Pseudonym(secret, kind, week).public
        for secret in (SECRET, bytes(32))
        for kind in Kind
        for week in (WEEK, "2026-W48")
    }
    assert len(keys) == 2 * len(Kind) * 2


def test_a_wish_to_delete_is_signed_by_its_week() -> None:
    pseudonym = Pseudonym(SECRET, Kind.SAMPLES, WEEK)
    found = wish(pseudonym.deletion())
    assert (found.contributor, found.week, found.kind) == (pseudonym.public, WEEK, Kind.SAMPLES)
    forged = bytearray(pseudonym.deletion())
    forged[-1] ^= 1
    with pytest.raises(InvalidSignature):
        wish(bytes(forged))


def test_a_sample_leaves_under_one_name() -> None:
    names = {sample_id(secret, name) for secret in (SECRET, bytes(32)) for name in ("a", "\udc80")}
    assert len(names) == 4
    assert sample_id(SECRET, "a") in names
    assert {len(name) for name in names} == {32}


def test_secrets_differ() -> None:
    assert len({new_secret(), new_secret()}) == 2
    assert len(new_secret()) == SECRET_BYTES


# --- the trainer's keys -----------------------------------------------------------------------

DAY = "2026-11-22"


def trust(signed: bytes, side: TrainerSide, **changes: Any) -> TrainerKeys:
    known = {"version_min": 0, "day": DAY} | changes
    return trusted_keys(signed, side.root_public, **known)


def test_a_list_that_the_root_signed_is_believed() -> None:
    side = TrainerSide()
    keys = trust(side.signed_keys(*Suite), side)
    assert {key.suite for key in keys.keys} == set(Suite)


def test_every_other_list_is_not() -> None:
    side = TrainerSide(version=3)
    good = side.signed_keys()
    for signed in (b"", good[:-1], good[1:], bytes([good[0] ^ 1]) + good[1:]):
        with pytest.raises(SharingError, match="not signed"):
            trust(signed, side)
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    for root in (stranger, "", "zz", "00"):
        with pytest.raises(SharingError, match="root key"):
            trusted_keys(good, root, version_min=0, day=DAY)


def test_an_old_list_is_refused() -> None:
    side = TrainerSide(version=3, not_after="2026-12-31")
    assert trust(side.signed_keys(), side, version_min=3)
    with pytest.raises(SharingError, match="old one"):
        trust(side.signed_keys(), side, version_min=4)
    with pytest.raises(SharingError, match="old one"):
        trust(side.signed_keys(), side, day="2027-01-01")
