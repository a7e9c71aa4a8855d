"""A store's files as somebody would see them who has the key: every page decrypted, free ones too.

An independent reading of SQLCipher's format (AES-256-CBC, a raw key, 80 reserved bytes a page),
because SQLite itself shows no page that it does not use.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE: Final = 4096
RESERVED: Final = 80  # 16 bytes of initialisation vector, 64 of HMAC-SHA512
SALT: Final = 16  # in the clear, at the file's beginning
WAL_HEAD, FRAME_HEAD = 32, 24


def decrypted(key: bytes, page: bytes, *, first: bool) -> bytes:
    """The content of one page."""
    start, end = SALT if first else 0, PAGE - RESERVED
    vector = page[end : end + 16]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(page[start:end]) + decryptor.finalize()


def pages(database: Path, key: bytes) -> Iterator[bytes]:
    """Every page of the store and of its write-ahead log, decrypted."""
    content = database.read_bytes()
    for at in range(0, len(content), PAGE):
        yield decrypted(key, content[at : at + PAGE], first=at == 0)
    wal = database.with_name(f"{database.name}-wal")
    frames = wal.read_bytes() if wal.exists() else b""
    for at in range(WAL_HEAD, len(frames) - PAGE, FRAME_HEAD + PAGE):
        number = int.from_bytes(frames[at : at + 4], "big")
        page = frames[at + FRAME_HEAD : at + FRAME_HEAD + PAGE]
        yield decrypted(key, page, first=number == 1)


def found(database: Path, key: bytes, needles: set[bytes]) -> set[bytes]:
    """Those of `needles` that stand in a page, or in a file of the folder as it is."""
    seen = {needle for page in pages(database, key) for needle in needles if needle in page}
    for file in database.parent.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            seen |= {needle for needle in needles if needle in content}
    return seen
