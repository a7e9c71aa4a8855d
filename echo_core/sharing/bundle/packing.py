"""A bundle's bytes made small, then as large as many others, so that their size says little.

    4 bytes: how long the zstandard frame is   the frame   zeros up to one of `BUCKETS`

Compressing one person's text together with text that somebody else chose would let the size tell
(as CRIME did); a bundle holds nobody else's text, and its size is seen only as a bucket.

Left out: sealing.

Rules
 - Unpacking gives at most `most` bytes, whatever the frame claims (a bomb of 1 MiB unfolds to
   gigabytes), and refuses padding that is not zeros, a second frame, a bucket larger than needed.
"""

from __future__ import annotations

from typing import Final

import zstandard

from echo_core.errors import InputError

_LENGTH_BYTES: Final = 4
BUCKETS: Final = tuple(4096 << shift for shift in range(10))  # 4 KiB to 2 MiB
PACKED_BYTES_MAX: Final = BUCKETS[-1]
_LEVEL: Final = 10  # 40 ms for 1 MiB, in the background
_WINDOW_BYTES_MAX: Final = 8 << 20  # what a frame may ask for memory: RFC 8878's recommendation


def packed(content: bytes) -> bytes:
    """`content`, compressed and padded.

    Raises:
        InputError: it does not fit into the largest bucket.
    """
    frame = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(content)
    whole = len(frame).to_bytes(_LENGTH_BYTES, "big") + frame
    return whole.ljust(_bucket(len(whole)), b"\0")


def unpacked(padded: bytes, most: int) -> bytes:
    """What `packed` was given, if that was at most `most` bytes.

    Raises:
        InputError: it is not what `packed` makes, or is longer.
    """
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + length
    frame = padded[_LENGTH_BYTES:end]
    if len(frame) != length or len(padded) != _bucket(end) or padded[end:].strip(b"\0"):
        raise InputError("This is not padded as a bundle is.")
    try:
        # The decoder refuses a frame that unfolds to more than it claims, at its next block.
        claimed = zstandard.get_frame_parameters(frame).content_size
        if claimed > most:  # also where nothing is claimed: that is written as a huge number
            raise InputError("This unfolds to more than a bundle may hold.")
        opener = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX).decompressobj()
        content = opener.decompress(frame)
    except zstandard.ZstdError as error:
        raise InputError("This is not compressed as a bundle is.") from error
    if not opener.eof or opener.unused_data or len(content) != claimed:
        raise InputError("This is not compressed as a bundle is.")
    return content


def _bucket(size: int) -> int:
    for bucket in BUCKETS:
        if size <= bucket:
            return bucket
    raise InputError("This is larger than a bundle may be.")
