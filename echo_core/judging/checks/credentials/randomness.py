"""Strings too random to be anything but a secret, where nothing says that they are a digest.

Left out: values with a telling name (`assigned`), tokens of a known form (`forms`).

Rules
 - Hexadecimal strings and UUIDs are digests and identities in nearly all code: alone they say
   nothing. With upper and lower case and digits mixed, a string says more.
 - A line or file that speaks of digests is left alone: lock files, integrity, checksums, data.
 - In source code a string stands in quotes.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from typing import Final

import regex

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials.assigned import CODE
from echo_core.judging.checks.credentials.placeholders import entropy_bits, is_placeholder
from echo_core.judging.checks.credentials.words import is_alphabet, is_slug
from echo_core.judging.checks.scan import Hit, Scan

CHARS_MIN: Final = 24  # 20 random ones of base64 could be words; providers give out 32 and more
CHARS_MAX: Final = 128  # longer ones are data
SHARE_MIN: Final = 0.81  # of the entropy that as many random characters of base64 would have

_RANDOM: Final = regex.compile(
    rf"(?<![A-Za-z0-9+/=_.\-\\%])[A-Za-z0-9+/_-]{{{CHARS_MIN},{CHARS_MAX}}}+={{0,2}}(?![A-Za-z0"
    rf"-9+/=_.\-%(])"
)
_DIGESTS: Final = regex.compile(
    r"integrity|checksum|\bsha-?\d|\bsha\b|digest|\bhash|fingerprint|etag|\bmd5\b|\bcrc|\bh1:|"
    r"\bdata:|base64,"
    r"|sourcemapping|\bnonce\b|certificate|public[ _-]?key|ssh-(?:rsa|ed25519)|ecdsa-sha2|commit"
    r"|revision|\brev\b|font|glyph|\bsvg\b|\bpath d=|vlq|mappings|wasm|snapshot|cid\b|signature",
    regex.IGNORECASE,
)
_LOCKS: Final = (
    *("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "cargo.lock"),
    *("poetry.lock", "pdm.lock", "uv.lock", "pipfile.lock", "composer.lock", "gemfile.lock"),
    *("go.sum", "flake.lock", "mix.lock", "podfile.lock", "packages.lock.json", "deno.lock"),
    *(".snap", ".map", ".svg", ".csv", ".ipynb", ".pem", ".crt", ".pub"),
)


def find(scan: Scan, case: Case) -> Iterator[Hit]:
    """Strings that are random, mixed, and said by nothing to be a digest."""
    if case.path.lower().endswith(_LOCKS):
        return
    for found in scan.each(_RANDOM, CHARS_MAX + 2):
        value = found[0]
        if not _is_random(value):
            continue
        start, end = found.span()
        if case.language in CODE and not _is_quoted(scan.text, start, end):
            continue
        first, last = scan.line(start)
        if _DIGESTS.search(scan.text, first, last) is None:
            yield Hit(Cause.CREDENTIAL_RANDOM, "random", start, end)


def _is_quoted(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in {'"', "'", "`"} and text[end : end + 1] in {
        '"',
        "'",
        "`",
        "\\",
    }


def _is_random(value: str) -> bool:
    body = value.rstrip("=")
    if not (
        any(char.isdigit() for char in body)
        and any(char.islower() for char in body)
        and any(char.isupper() for char in body)
    ):
        return False
    most = math.log2(min(len(body), 64))
    return (
        entropy_bits(body) >= SHARE_MIN * most
        and sum(char in "+/_-" for char in body) * 6 <= len(body)
        and not is_slug(body)
        and not is_alphabet(body)
        and not is_placeholder(value)
        and not _is_text(body)
    )


def _is_text(body: str) -> bool:
    """Whether it is words in base64, as the identities of GitHub's objects are."""
    try:
        inner = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return all(32 <= byte < 127 for byte in inner)
