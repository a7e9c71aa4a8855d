"""Bundles: one written form, nothing but the fields, packed and unpacked with bounds."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
import zstandard

from echo_core.errors import InputError
from echo_core.sharing.bundle import contents, envelope, packing
from echo_core.sharing.bundle.contents import (
    BUNDLE_BYTES_MAX,
    LATENCY_BOUNDS_MS,
    SAMPLES_MAX,
    Bundle,
    Contribution,
    WeekReport,
    bytes_of,
    day_of,
    digest,
    filled,
    latency_bins,
    plain_arm,
    plain_language,
    plain_name,
    thousandths,
    week_of,
    week_start_ms,
)
from echo_core.sharing.bundle.envelope import Header, Kind, Suite, TrainerKey, TrainerKeys, key_for
from echo_core.sharing.bundle.fields import canonical, read
from echo_testing.contributions import BUNDLE, NOTE, REPORT, SAMPLE, sample

HEADER = Header(
    schema=1,
    kind=Kind.SAMPLES,
    suite=Suite.HYBRID,
    key="k1",
    week="2026-W47",
    contributor="ab" * 32,
)
KEY = TrainerKey(
    id="k1", suite=Suite.HYBRID, public="00", not_before="2026-01-01", not_after="2026-12-31"
)


# --- the written form -------------------------------------------------------------------------


@pytest.mark.parametrize("record", [BUNDLE, REPORT, SAMPLE, NOTE, HEADER, KEY])
def test_what_is_written_can_be_read(record: object) -> None:
    assert read(type(record), canonical(record)) == record


def test_the_written_form_is_what_a_person_reads() -> None:
    assert canonical(NOTE) == b'{"cause":"","check":"syntax","finding":"passed","version":1}'


def test_a_sample_stands_in_its_bundle_byte_for_byte() -> None:
    assert canonical(SAMPLE) in canonical(BUNDLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0" * 31},
        {"id": "G" * 32},
        {"day": "22.11.2026"},
        {"language": "Py Thon"},
        {"language": ""},
        {"prefix": "x" * 8193},
        {"target": "x" * 4097},
        {"suffix": "\ud800"},
        {"prefix": 7},
        {"model": "/home/ann/models/secret.gguf"},
        {"proposed_chars": -1},
        {"accepted_chars": True},
        {"kept_chars": 1.0},
        {"ended": "bored"},
        {"quality": 1001},
        {"likeness": -2},
        {"zone": "terrible"},
        {"checks": [NOTE]},
        {"checks": (SAMPLE,)},
        {"checks": (NOTE,) * 33},
        {"checks": (replace(NOTE, cause="because"),)},
    ],
)
def test_what_does_not_fit_is_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        canonical(replace(SAMPLE, **changes))


def test_only_records_are_written() -> None:
    for thing in ({"a": 1}, Contribution):
        with pytest.raises(TypeError):
            canonical(thing)


def changed(**changes: object) -> bytes:
    value = json.loads(canonical(SAMPLE)) | changes
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"cause":"","check":"syntax"}',
        b'{"a":1,"a":1}',
        canonical(SAMPLE) + b"\n",
        canonical(SAMPLE).replace(b":", b": ", 1),
        canonical(SAMPLE).replace(b"2 * x", b"\\u0032 * x"),
        canonical(SAMPLE).replace(b'"quality":900', b'"quality":9e2'),
        canonical(SAMPLE).replace(b'"quality":900', b'"quality":NaN'),
        canonical(SAMPLE).replace(b'"quality":900', b'"quality":' + b"9" * 5000),
        canonical(SAMPLE).replace(b"2 * x", b"\\ud800"),
        changed(path="src/a.py"),
        changed(id=None),
        changed(checks={}),
        changed(checks=[1]),
        changed(checks=[json.loads(canonical(NOTE))] * 33),
        changed(prefix=["x"]),
    ],
)
def test_what_we_would_not_write_is_not_read(content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read(Contribution, content)
    assert "src" not in str(caught.value)


def test_a_list_of_numbers_is_bounded() -> None:
    row = replace(REPORT.rows[0], latency=(-1,))
    with pytest.raises(InputError):
        canonical(replace(REPORT, rows=(row,)))
    written = canonical(REPORT).replace(b'"latency":[0,', b'"latency":["x",')
    with pytest.raises(InputError):
        read(WeekReport, written)


# --- making values that fit -------------------------------------------------------------------


def test_times_leave_as_days_and_weeks() -> None:
    at_ms = 1_795_391_999_999  # the last moment of a Sunday
    assert (day_of(at_ms), week_of(at_ms)) == ("2026-11-22", "2026-W47")
    assert (day_of(at_ms + 1), week_of(at_ms + 1)) == ("2026-11-23", "2026-W48")
    assert week_start_ms("2026-W48") == at_ms + 1
    assert week_of(week_start_ms("2026-W53")) == "2026-W53"


@pytest.mark.parametrize("week", ["", "2026", "2026-W54", "2026-W00", "x-W01"])
def test_what_is_no_week_is_refused(week: str) -> None:
    with pytest.raises(InputError):
        week_start_ms(week)


def test_names_that_may_be_somebodys_own_are_other() -> None:
    names = ("", "qwen2.5-coder-0.5b", "/home/ann/x.gguf", "Ann's")
    assert [plain_name(name) for name in names] == ["", names[1], "other", "other"]


def test_a_release_and_a_side_of_an_experiment_are_told_by_their_own_names() -> None:
    name = "qwen2.5-coder-0.5b+2026-11-r2@depth.new"
    assert (plain_name(name), plain_arm(name)) == ("2026-11-r2", "depth.new")
    assert (plain_name("m@e.old"), plain_arm("m@e.old")) == ("m", "e.old")
    assert (plain_name("m"), plain_arm("m"), plain_arm("m@Ann's")) == ("m", "", "")
    assert [plain_language(name) for name in ("python", "c++", "", "Ann's Own")] == [
        "python", "c++", "other", "other",
    ]  # fmt: skip


def test_parts_are_thousandths() -> None:
    assert [thousandths(part) for part in (0.0, 0.1234, 1.0, 1.7, -0.1)] == [0, 123, 1000, 1000, 0]


def test_latencies_fall_into_bins() -> None:
    bins = latency_bins({0: 1, 25: 1, 26: 1, 10**9: 3})
    assert bins == (2, 1, *(0,) * (len(LATENCY_BOUNDS_MS) - 2), 3)


def test_a_bundle_takes_what_fits() -> None:
    empty = replace(BUNDLE, samples=())
    assert filled(empty, []) == empty
    many = [sample(n) for n in range(SAMPLES_MAX + 5)]
    assert filled(empty, many).samples == tuple(many[:SAMPLES_MAX])
    large = [sample(n, prefix="x" * 8192, target="é" * 4000, suffix="y" * 4096) for n in range(64)]
    made = filled(empty, large)
    assert 0 < len(made.samples) < 64
    assert len(canonical(made)) <= BUNDLE_BYTES_MAX < len(canonical(made)) + bytes_of(large[0]) + 1


def test_a_sample_is_bounded_in_bytes() -> None:
    face = "\U0001f600"
    wide = sample(0, prefix=face * 8192, target=face * 4096, suffix=face * 4096)
    with pytest.raises(InputError, match="larger"):
        bytes_of(wide)


# --- packing ----------------------------------------------------------------------------------


def test_packing_pads_to_a_bucket() -> None:
    content = canonical(BUNDLE)
    padded = packing.packed(content)
    assert len(padded) == packing.BUCKETS[0]
    assert packing.unpacked(padded, BUNDLE_BYTES_MAX) == content
    assert digest(content) == digest(packing.unpacked(padded, len(content)))


def test_what_is_too_large_is_not_packed() -> None:
    noise = random.Random(1).randbytes(packing.PACKED_BYTES_MAX + 1)
    with pytest.raises(InputError, match="larger"):
        packing.packed(noise)


def framed(frame: bytes, *, bucket: int = 4096, fill: bytes = b"\0") -> bytes:
    return (len(frame).to_bytes(4, "big") + frame).ljust(bucket, fill)


FRAME = zstandard.compress(b"content")


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\0\0\0\1",
        b"\xff\xff\xff\xff" + b"\0" * 4092,
        framed(FRAME, bucket=8192),
        framed(FRAME, bucket=len(FRAME) + 4),
        framed(FRAME, fill=b"x"),
        framed(b""),
        framed(FRAME[:-1]),
        framed(FRAME + b"x"),
        framed(FRAME + FRAME),
        framed(b"no frame at all"),
        framed(zstandard.ZstdCompressor(write_content_size=False).compress(b"content")),
        framed(zstandard.compress(b"longer than it may be" * 10)),
        # A frame that lies about its size: the byte behind magic and descriptor.
        framed(FRAME[:5] + b"\x03" + FRAME[6:]),
        framed(FRAME[:5] + b"\x20" + FRAME[6:]),
    ],
)
def test_what_packing_does_not_make_is_refused(padded: bytes) -> None:
    with pytest.raises(InputError):
        packing.unpacked(padded, 100)


def test_a_bomb_does_not_unfold() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(b"\0" * (256 << 20))
    bucket = next(size for size in packing.BUCKETS if size >= len(bomb) + 4)
    assert bucket < len(bomb) * 2 < 1 << 16
    with pytest.raises(InputError, match="unfolds"):
        packing.unpacked(framed(bomb, bucket=bucket), BUNDLE_BYTES_MAX)


# --- envelopes --------------------------------------------------------------------------------


def test_an_envelope_can_be_taken_apart() -> None:
    body = envelope.unsigned(HEADER, b"sealed")
    found = envelope.opened(body + b"s" * 64)
    assert found == envelope.Envelope(HEADER, b"sealed", b"s" * 64)
    assert envelope.to_sign(body) != body


def test_each_signature_says_what_it_is_for() -> None:
    deletion = envelope.Deletion(1, Kind.SAMPLES, "2026-W47", "ab" * 32)
    keys = TrainerKeys(1, 1, "2026-12-31", "ef" * 32, (KEY,))
    signed = [
        envelope.to_sign(b""), envelope.deletion_to_sign(deletion), envelope.keys_to_sign(keys),
        envelope.seal_context(HEADER),
    ]  # fmt: skip
    heads = [each.partition(b"\0")[0] for each in signed]
    assert len(set(heads)) == len(heads)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"echo\x02" + b"\0" * 100,
        b"echo\x01\xff\xff\xff\xff" + b"\0" * 100,
        b"echo\x01\0\0\0\2{}" + b"\0" * 100,
        envelope.unsigned(HEADER, b"") + b"s" * 64,
        envelope.unsigned(HEADER, b"sealed")[:40],
        b"echo\x01" + b"\0" * envelope.ENVELOPE_BYTES_MAX,
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        envelope.opened(body)


def test_a_signed_record_is_split() -> None:
    whole = envelope.signed(b"{}", b"s" * 64)
    assert envelope.split_signed(whole, 2) == (b"{}", b"s" * 64)
    for wrong in (whole[2:], b"x" + whole):
        with pytest.raises(InputError):
            envelope.split_signed(wrong, 2)


def test_the_key_is_chosen_by_day_suite_and_how_long_it_holds() -> None:
    old = replace(KEY, id="old", suite=Suite.X25519)
    later = replace(KEY, id="later", not_before="2026-11-01", not_after="2027-02-01")
    keys = TrainerKeys(1, 1, "2027-03-31", "ef" * 32, (old, KEY, later))
    days = ("2025-12-31", "2026-05-01", "2026-11-22", "2027-04-01")
    chosen = [key_for(keys, day) for day in days]
    assert [key.id if key else "" for key in chosen] == ["", "k1", "later", ""]
    assert key_for(replace(keys, keys=(old,)), "2026-05-01") == old


def test_bounds_agree() -> None:
    assert contents.SAMPLE_BYTES_MAX < BUNDLE_BYTES_MAX < packing.PACKED_BYTES_MAX
    header = len(canonical(HEADER))
    assert header < envelope.HEADER_BYTES_MAX
    assert len(canonical(Bundle(1, "2026-W47", "a" * 64, "0", "b" * 64, ()))) < 1000
