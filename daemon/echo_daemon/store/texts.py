"""Source text as bytes of the store: digests, compression, and samples that share their context.

Neighbouring samples of one document differ in a few lines out of a window of 12,000 characters.
So a sample is compressed against a *base*: a snapshot that is already in the store and serves as
zstd's dictionary. A base that no longer helps is replaced by a new snapshot of the sample's own
window, which may be kept as the difference from a whole text of the document: reading a sample
needs two other rows, never a longer chain.

Left out: rows and SQL (`rows`, `queries`).
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import zstandard

from echo_core.errors import StoreError
from echo_core.experience.sample import Sample
from echo_core.limits import DOCUMENT_CHARS_MAX

# Texts of one person's store: of 2^40 different ones, two have the same name once in 2^49 stores.
# A name stands in every sample; earlier ones are of 32 bytes, and stay as they are.
DIGEST_BYTES: Final = 16
TEXT_BYTES_MAX: Final = 4 * DOCUMENT_CHARS_MAX  # UTF-8 takes at most four bytes a code point
_LEVEL: Final = 3  # 300 MB/s; level 9 saves 5% of source text and takes five times as long

# A window of 12,000 characters is about 3.5 KB compressed alone, and 700 B as the difference from
# its document's text. On a real session (18,000 edits) and a synthetic day 200 here gave the
# smallest stores, of 140, 200 and 300.
PACKED_BYTES_GOOD: Final = 200
BASES_MAX: Final = 32  # documents that samples are mined from at the same time
BASE_BYTES_MAX: Final = 1 << 20  # preparing a larger dictionary costs more than it saves
# A text that shares less with its base is the next one. In two sessions (30,000 and 18,000 edits)
# the store took 54 and 64 bytes a key so; with 0.5 it was 54 and 68, with 0.15 56 and 67.
DELTA_SHARE_MAX: Final = 0.25

_DAMAGED: Final = "A text in the store is damaged: run `echoctl doctor`."


def utf8(text: str) -> bytes:
    """`text` as UTF-8, in which lone surrogates are encoded like any other code point."""
    return text.encode("utf-8", "surrogatepass")


def digest_of(content: bytes) -> bytes:
    """The name of a snapshot."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def packed(content: bytes) -> bytes:
    """`content`, compressed alone."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(content)


def unpacked(blob: bytes, base: bytes | None = None) -> bytes:
    """What was compressed, alone or against `base`.

    Raises:
        StoreError: the blob is damaged, or was compressed against something else.
    """
    dictionary = None if base is None else _dictionary(base)
    try:
        size = zstandard.frame_content_size(blob)
        if not 0 <= size <= TEXT_BYTES_MAX:
            raise StoreError(_DAMAGED)
        return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(blob)
    except zstandard.ZstdError as error:
        raise StoreError(_DAMAGED) from error


def text_of(content: bytes) -> str:
    """The text of `utf8`.

    Raises:
        StoreError: it is not UTF-8.
    """
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        # Not chained: the exception holds the bytes, which are source text.
        raise StoreError(_DAMAGED) from None


@dataclass(frozen=True, slots=True)
class SampleTexts:
    """The four texts of a sample."""

    prefix: str
    target: str
    suffix: str
    proposal: str


def joined(sample: Sample) -> tuple[bytes, bytes]:
    """The texts of `sample` as one block, and the part of it that is the document's own window.

    The block is a JSON array of the four lengths in bytes, a newline, and the texts one after
    the other: raw, because escapes at each line's end would break the matches with the base.
    """
    parts = [utf8(text) for text in (sample.prefix, sample.target, sample.suffix, sample.proposal)]
    head = json.dumps([len(part) for part in parts], separators=(",", ":")).encode("ascii")
    window = b"".join(parts[:3])
    return b"".join((head, b"\n", window, parts[3])), window


def split(block: bytes) -> SampleTexts:
    """The reverse of `joined`.

    Raises:
        StoreError: the block is damaged.
    """
    head, _, rest = block.partition(b"\n")
    try:
        lengths: object = json.loads(head)
    except (ValueError, RecursionError):
        raise StoreError(_DAMAGED) from None
    texts: list[str] = []
    for length in lengths if isinstance(lengths, list) else ():
        if type(length) is not int or not 0 <= length <= len(rest):
            raise StoreError(_DAMAGED)
        texts.append(text_of(rest[:length]))
        rest = rest[length:]
    if len(texts) != 4 or rest:
        raise StoreError(_DAMAGED)
    return SampleTexts(*texts)


@dataclass(frozen=True, slots=True)
class PackedSample:
    """A sample's texts, and the snapshot that must be in the store for them to be read."""

    blob: bytes
    base: bytes | None  # digest
    base_content: bytes | None  # to be stored first, where it is new


@dataclass(frozen=True, slots=True)
class _Base:
    digest: bytes
    compressor: zstandard.ZstdCompressor


class SamplePacker:
    """Compresses samples; remembers one base a document. Not thread-safe."""

    def __init__(self) -> None:
        self._bases: OrderedDict[str, _Base] = OrderedDict()

    def forget(self) -> None:
        """Start without bases: the snapshots that they stand for may have been rolled back."""
        self._bases.clear()

    def offer(self, doc: str, digest: bytes, content: bytes) -> None:
        """Use a snapshot that is in the store anyway: the text with which `doc` was opened."""
        if 0 < len(content) <= BASE_BYTES_MAX:
            self._remember(doc, digest, content)

    def pack(self, sample: Sample) -> PackedSample:
        """The texts of `sample` in as few bytes as its document's base allows."""
        block, window = joined(sample)
        base = self._bases.get(sample.doc)
        if base is not None:
            self._bases.move_to_end(sample.doc)
            blob = base.compressor.compress(block)
            if len(blob) <= PACKED_BYTES_GOOD:
                return PackedSample(blob, base.digest, None)
        alone = packed(block)
        if len(alone) <= PACKED_BYTES_GOOD or not window:
            return PackedSample(alone, None, None)
        base = self._remember(sample.doc, digest_of(window), window)
        return PackedSample(base.compressor.compress(block), base.digest, window)

    def _remember(self, doc: str, digest: bytes, content: bytes) -> _Base:
        compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(content))
        self._bases[doc] = base = _Base(digest, compressor)
        self._bases.move_to_end(doc)
        if len(self._bases) > BASES_MAX:
            self._bases.popitem(last=False)
        return base


class TextPacker:
    """Compresses whole texts of documents against an earlier one that was compressed alone.

    So reading one needs one other row, never a chain. Not thread-safe.
    """

    def __init__(self) -> None:
        self._bases: OrderedDict[str, _Base] = OrderedDict()

    def forget(self) -> None:
        """Start without bases: they may have been rolled back, or removed."""
        self._bases.clear()

    def offer(self, doc: str, digest: bytes, content: bytes) -> None:
        """A text of `doc` is in the store, compressed alone."""
        self._bases.pop(doc, None)
        if 0 < len(content) <= BASE_BYTES_MAX:
            compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(content))
            self._bases[doc] = _Base(digest, compressor)
            if len(self._bases) > BASES_MAX:
                self._bases.popitem(last=False)

    def pack(self, doc: str, content: bytes) -> tuple[bytes, bytes | None]:
        """`content` in few bytes, and the name of the base that it is read with."""
        alone = packed(content)
        base = self._bases.get(doc)
        if base is not None:
            self._bases.move_to_end(doc)
            blob = base.compressor.compress(content)
            if len(blob) <= DELTA_SHARE_MAX * len(alone):
                return blob, base.digest
        return alone, None


def _dictionary(content: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
