"""Frames: JSON-RPC bodies behind LSP's header lines, bounded on both sides.

Left out: what is in a body (`echo_runtime.rpc`, `echo_lsp`), who is at the other end.

pygls writes frames but reads them without a limit and skips what it does not understand, so a
broken header makes it take the next body for header lines. Here a header that cannot be read is
the end of the connection: where the next frame starts is not known any more.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Final, Protocol

from echo_core import limits
from echo_core.errors import WireError

JSON_DEPTH_REFUSED: Final = "the message is nested too deeply"
_DIGITS_MAX: Final = len(str(limits.FRAME_BYTES_MAX))


class FrameReader(Protocol):
    """The part of asyncio.StreamReader that frames need."""

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Bytes up to and including `separator`."""
        ...

    async def readexactly(self, n: int) -> bytes:
        """Exactly `n` bytes."""
        ...


async def read_frame(reader: FrameReader) -> bytes | None:
    """The body of the next frame; None at the end of the stream, also in the middle of a frame.

    Raises:
        WireError: the header is malformed or too long, or the body would be too large; what
            follows in the stream cannot be understood.
    """
    try:
        length = await _read_header(reader)
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


async def _read_header(reader: FrameReader) -> int:
    length: int | None = None
    header_bytes = 0
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise WireError("a header line does not end") from error
        header_bytes += len(line)
        if header_bytes > limits.HEADER_BYTES_MAX:
            raise WireError("a header is too long")
        if line in {b"\r\n", b"\n"}:
            if length is None:
                raise WireError("a header without Content-Length")
            return length
        name, colon, value = line.partition(b":")
        if not colon:
            raise WireError("a header line without a colon")
        if name.strip().lower() == b"content-length":
            length = _length(value.strip())


def _length(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > _DIGITS_MAX:
        raise WireError("a Content-Length that is no number or too large")
    length = int(digits)
    if length > limits.FRAME_BYTES_MAX:
        raise WireError(f"a message is larger than {limits.FRAME_BYTES_MAX >> 20} MiB")
    return length


def decode_body(body: bytes) -> object:
    """The JSON value of a body.

    Raises:
        WireError: it is not JSON (NaN and the like are not), or nested too deeply.
    """
    try:
        return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except RecursionError as error:
        raise WireError(JSON_DEPTH_REFUSED) from error
    except ValueError as error:  # also wrong UTF-8 and numbers of thousands of digits
        raise WireError("a message is not JSON") from error


def _refuse_constant(_name: str) -> float:
    raise ValueError("not a JSON number")


# `json.loads` and `json.dumps` with options make a decoder or an encoder for each call.
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def encode_frame(value: object, default: Callable[[object], object] | None = None) -> bytes:
    """Header and body of `value`, a JSON value; `default` turns other objects into such values.

    Text goes out as UTF-8, not as escapes: half the size for most languages of the world. Lone
    surrogates, which editors can send, survive because `json.loads` reads them back.

    Raises:
        WireError: the body would be larger than a frame may be.
        ValueError: a float that JSON does not have.
    """
    body = _encoder(default).encode(value).encode("utf-8", "surrogatepass")
    if len(body) > limits.FRAME_BYTES_MAX:
        raise WireError(f"a message would be larger than {limits.FRAME_BYTES_MAX >> 20} MiB")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@functools.lru_cache(maxsize=8)  # there are two: a process's language server, and its own wire
def _encoder(default: Callable[[object], object] | None) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default
    )
