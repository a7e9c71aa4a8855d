"""Private keys, signed tokens, addresses with a password in them, headers of authorization.

Left out: tokens of one provider (`forms`), values that have a name (`assigned`).

Rules
 - The mark of a private key alone is code that reads keys; there must be key beside it. A window
   may have cut off either mark.
 - A signed token has a header that can be read and names an algorithm or a type.
 - A password in an address is one where it is no stand-in.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Final

import regex

from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials.placeholders import is_filler, is_placeholder
from echo_core.judging.checks.credentials.words import is_mixed, is_slug
from echo_core.judging.checks.scan import Hit, Scan

KEY_REACH_CHARS: Final = 6000  # an RSA key of 4,096 bits has 3,300 characters
TOKEN_REACH_CHARS: Final = 3000
URL_REACH_CHARS: Final = 400

# Between the lines of a key in source: ends of lines, escaped ones, quotes, joins, comment marks.
_JOIN: Final = r"(?:\\[nrt]|[\s\"'`+,;*#/\\|>.(){}-])"
_BEGIN: Final = regex.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rf"{_JOIN}{{0,60}}+(?:[A-Z][A-Za-z-]{{2,20}}: ?[^\n\\]{{1,80}}{_JOIN}{{1,60}}+){{0,4}}"
    r"(?P<key>[A-Za-z0-9+/=]{24,})"
)
_END: Final = "-----END"
_TAIL: Final = regex.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BODY: Final = regex.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
# "-----BEGIN " in base64, as configuration of clusters holds keys.
_WRAPPED_BEGIN: Final = "LS0tLS1CRUdJTi"
_WRAPPED: Final = regex.compile(r"[A-Za-z0-9+/]{60,2000}+={0,2}")
_SSH2: Final = regex.compile(r"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----")
_PUTTY: Final = regex.compile(r"Private-Lines: ?\d{1,3}\s{1,4}[A-Za-z0-9+/=]{24,}")

_SIGNED: Final = regex.compile(
    r"(?<![A-Za-z0-9_])(?P<head>eyJ[A-Za-z0-9_-]{10,1000}+)={0,2}\."
    r"(?:[A-Za-z0-9_-]{4,2000}+|(?=\.))={0,2}(?:\.[A-Za-z0-9_-]{0,1000}+)?"
)
_TWICE: Final = regex.compile(r"(?<![A-Za-z0-9_])ZXlK[A-Za-z0-9+/]{40,2000}+={0,2}")
_USERINFO: Final = regex.compile(
    r"://(?P<user>[^\s:/?#@'\"`<>\\]{0,100}):(?P<password>[^\s/@'\"`<>\\]{1,200})"
    r"@(?P<host>[\w.\[-][\w.:\]-]{0,200})"
)
_HEADER: Final = regex.compile(
    r"(?P<kind>bearer|basic|token|apikey|"
    r"digest)[ :]{1,2}[\"']?(?P<value>[A-Za-z0-9+/=_.~-]{12,1000})",
    regex.IGNORECASE,
)
_HEADER_WORDS: Final = ("bearer ", "basic ", "token ", "apikey ")


def find(scan: Scan) -> Iterator[Hit]:
    """All of them."""
    yield from _private_keys(scan)
    yield from _signed(scan)
    yield from _urls(scan)
    yield from _headers(scan)


def _private_keys(scan: Scan) -> Iterator[Hit]:
    for at in scan.places("-----BEGIN"):
        found = scan.match(_BEGIN, at, KEY_REACH_CHARS)
        if found is not None and not is_placeholder(found["key"][:60]):
            yield Hit(Cause.CREDENTIAL_KEY, "private-key", found.start(), found.end())
    for at in scan.places(_END):  # the window began within the key
        end = scan.match(_TAIL, at, 80)
        if end is None:
            continue
        for body in scan.each(_BODY, 100, max(0, at - 400), at):
            yield Hit(Cause.CREDENTIAL_KEY, "private-key-end", body.start(), end.end())
            break
    for at in scan.places(_WRAPPED_BEGIN):
        wrapped = scan.match(_WRAPPED, at, TOKEN_REACH_CHARS)
        if wrapped is not None and b"PRIVATE KEY" in (_decoded(wrapped[0][:80]) or b""):
            yield Hit(Cause.CREDENTIAL_KEY, "private-key-base64", wrapped.start(), wrapped.end())
    for literal, pattern, reach in (
        ("---- BEGIN SSH2", _SSH2, 80),
        ("Private-Lines:", _PUTTY, 200),
    ):
        for at in scan.places(literal):
            found = scan.match(pattern, at, reach)
            if found is not None:
                yield Hit(Cause.CREDENTIAL_KEY, "private-key-other", found.start(), found.end())


def _signed(scan: Scan) -> Iterator[Hit]:
    for at in scan.places("eyJ"):
        found = scan.match(_SIGNED, at, TOKEN_REACH_CHARS)
        if found is not None and _is_header(found["head"]):
            yield Hit(Cause.CREDENTIAL_SIGNED, "jwt", found.start(), found.end())
    for at in scan.places("ZXlK"):  # one that was encoded again
        found = scan.match(_TWICE, at, TOKEN_REACH_CHARS)
        if found is None:
            continue
        inner = _decoded(found[0][: len(found[0]) // 4 * 4])
        if inner is not None and _is_header(inner.partition(b".")[0].decode("ascii", "replace")):
            yield Hit(Cause.CREDENTIAL_SIGNED, "jwt-encoded", found.start(), found.end())


def _is_header(text: str) -> bool:
    """Whether `text` is a token's first part: an object that names an algorithm or a type."""
    raw = _decoded(text.rstrip("="))
    if raw is None:
        return False
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and bool({"alg", "typ", "enc", "kid"} & header.keys())


def _decoded(text: str) -> bytes | None:
    try:
        padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _urls(scan: Scan) -> Iterator[Hit]:
    for at in scan.places("://"):
        found = scan.match(_USERINFO, at, URL_REACH_CHARS)
        if found is not None and _is_password(found["password"], found["user"]):
            start, end = found.span("password")
            yield Hit(Cause.CREDENTIAL_URL, "url-password", start, end)


def _is_password(password: str, user: str) -> bool:
    """Whether an address's password is more than the word, a number of a port or a variable."""
    if is_placeholder(password) and password.lower() not in {"foo", "bar", "abc"}:
        return False
    if password[0] in "$%{<*[(" or password.endswith(("}", ">", "%s", "%d")):
        return False
    return password.lower().strip("_-") not in {user.lower(), "pw", "mypassword", "mypass"}


def _headers(scan: Scan) -> Iterator[Hit]:
    for word in _HEADER_WORDS:
        for at in scan.places_folded(word):
            found = scan.match(_HEADER, at, TOKEN_REACH_CHARS)
            if found is None or is_filler(found["value"]):
                continue
            start, end = found.span("value")
            kind = found["kind"].lower()
            if kind == "basic" and _is_basic(found["value"]):
                yield Hit(Cause.CREDENTIAL_FORM, "header-basic", start, end)
            elif kind != "basic" and _is_token(found["value"]):
                yield Hit(Cause.CREDENTIAL_FORM, "header-token", start, end)


def _is_basic(value: str) -> bool:
    raw = _decoded(value.rstrip("=."))
    return raw is not None and b":" in raw[1:-1] and all(32 <= byte < 127 for byte in raw)


def _is_token(value: str) -> bool:
    return len(value) >= 16 and is_mixed(value) and not is_slug(value)
