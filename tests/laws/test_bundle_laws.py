"""Bundles on generated input: what is written is read, everything else is refused in one way."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import BUNDLE_BYTES_MAX, Bundle
from echo_core.sharing.bundle.envelope import opened
from echo_core.sharing.bundle.fields import canonical, read
from echo_core.sharing.bundle.packing import BUCKETS, packed, unpacked
from echo_testing.contributions import BUNDLE, SAMPLE

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(TEXTS, TEXTS, TEXTS, st.integers(-1, 1000))
def test_whatever_the_text_is_it_comes_back(
    prefix: str, target: str, suffix: str, likeness: int
) -> None:
    one = replace(SAMPLE, prefix=prefix, target=target, suffix=suffix, likeness=likeness)
    content = canonical(replace(BUNDLE, samples=(one,)))
    assert read(Bundle, content).samples == (one,)
    assert unpacked(packed(content), BUNDLE_BYTES_MAX) == content


@given(st.data())
def test_damage_is_refused_or_changes_a_value(data: st.DataObject) -> None:
    content = bytearray(canonical(BUNDLE))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    try:
        found = read(Bundle, bytes(content))
    except InputError:
        return
    assert canonical(found) == bytes(content)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_any_json_is_refused(value: object) -> None:
    for content in (json.dumps(value), json.dumps({"samples": value})):
        try:
            read(Bundle, content.encode())
        except InputError:
            continue
        raise AssertionError("this is no bundle")


@given(st.binary(max_size=5000))
def test_any_bytes_are_refused(content: bytes) -> None:
    for take in (lambda: read(Bundle, content), lambda: opened(content)):
        try:
            take()
        except InputError:
            continue
        raise AssertionError("this is no bundle")


@given(st.binary(max_size=4096), st.sampled_from(BUCKETS[:2]), st.integers(0, 5000))
def test_unpacking_garbage_gives_a_bounded_result_or_a_refusal(
    garbage: bytes, bucket: int, length: int
) -> None:
    padded = (length.to_bytes(4, "big") + garbage).ljust(bucket, b"\0")
    with suppress(InputError):
        assert len(unpacked(padded, 1000)) <= 1000
