"""Laws of how source text is kept: it comes back whole, and samples share their context."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import StoreError
from echo_core.experience.sample import Sample
from echo_daemon.store.rows import line_count
from echo_daemon.store.texts import (
    BASES_MAX,
    PACKED_BYTES_GOOD,
    SamplePacker,
    SampleTexts,
    digest_of,
    packed,
    split,
    text_of,
    unpacked,
    utf8,
)
from echo_testing.samples import a_sample

texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


def sample(prefix: str, target: str, suffix: str, proposal: str, doc: str = "a") -> Sample:
    return a_sample(target, doc=doc, prefix=prefix, suffix=suffix, proposal=proposal)


@given(texts)
def test_a_text_comes_back(text: str) -> None:
    assert text_of(unpacked(packed(utf8(text)))) == text


@given(st.lists(st.tuples(texts, texts, texts, texts, st.sampled_from("ab")), max_size=8))
def test_samples_come_back_whatever_came_before(rows: list[tuple[str, str, str, str, str]]) -> None:
    packer = SamplePacker()
    snapshots: dict[bytes, bytes] = {}
    for *parts, doc in rows:
        made = packer.pack(sample(*parts, doc=doc))
        if made.base_content is not None:
            assert made.base == digest_of(made.base_content)
            snapshots[made.base] = made.base_content
        base = None if made.base is None else snapshots[made.base]
        assert split(unpacked(made.blob, base)) == SampleTexts(*parts)


@given(st.binary(max_size=60), st.none() | st.binary(max_size=60))
def test_damage_is_one_error(blob: bytes, base: bytes | None) -> None:
    for damaged in (blob, packed(blob)):
        try:
            texts = split(unpacked(damaged, base))
        except StoreError:
            continue
        assert isinstance(texts, SampleTexts)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"nonsense",
        b"7\n",
        b"[1,1,1]\nabc",
        b"[1,1,1,9]\nabcd",
        b"[1,1,1,1]\nabcde",
        b"[-1,1,1,1]\nabcd",
        b"[1,1,1,1]\nabc\xff",
        b'["1",1,1,1]\nabcd',
    ],
)
def test_damaged_blocks_are_refused(block: bytes) -> None:
    with pytest.raises(StoreError, match="doctor"):
        split(block)


def code(lines: int, seed: int) -> str:
    """Text with as little in common from line to line as code has."""
    rng = random.Random(seed)
    return "".join(f"    v{rng.getrandbits(40):x} = f({rng.random()})\n" for _ in range(lines))


def test_neighbouring_samples_cost_little() -> None:
    packer = SamplePacker()
    document = code(250, seed=1)
    first = packer.pack(sample(document, "x", document, ""))
    assert first.base_content is not None
    for number in range(25):
        document += f"x{number} = {number}\n"
        made = packer.pack(sample(document, f"y = {number}", "", "y"))
        assert made.base == first.base
        assert made.base_content is None
        assert len(made.blob) <= PACKED_BYTES_GOOD
    elsewhere = packer.pack(sample(code(250, seed=2), "x", "", ""))
    assert elsewhere.base_content is not None
    assert elsewhere.base != first.base


def test_a_large_document_serves_as_a_base_anywhere_in_it() -> None:
    packer = SamplePacker()
    document = code(20_000, seed=3)
    packer.offer("a", digest_of(utf8(document)), utf8(document))
    for start in range(0, len(document) - 20_000, 100_000):
        prefix, suffix = document[start : start + 8192], document[start + 8192 : start + 12288]
        made = packer.pack(sample(prefix, "x = 1\n", suffix, "x"))
        assert made.base == digest_of(utf8(document))
        assert len(made.blob) <= PACKED_BYTES_GOOD


def test_bases_are_bounded() -> None:
    packer = SamplePacker()
    for number in range(2 * BASES_MAX):
        content = utf8(code(50, seed=number))
        packer.offer(str(number), digest_of(content), content)
    assert len(packer._bases) == BASES_MAX
    packer.forget()
    assert packer.pack(sample("x", "y", "z", "", doc="0")).base is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 0),
        ("a", 1),
        ("a\n", 1),
        ("a\nb", 2),
        ("a\r\nb\rc\n", 3),
        ("\n\n", 2),
        ("a\x0cb\u2028", 1),
    ],
)
def test_line_count(text: str, lines: int) -> None:
    assert line_count(text) == lines
