"""E-mail addresses and addresses of machines that somebody can be reached at.

Left out: what the standards set aside, which is nobody's: RFC 2606 and 6761 (names), RFC 5737
and 3849 (addresses for documentation), private, loopback, link-local and multicast addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

import regex

from echo_core.judging.checks.persons.kinds import Kind
from echo_core.judging.checks.scan import Scan

LOCAL_CHARS_MAX: Final = 64  # RFC 5321
DOMAIN_CHARS_MAX: Final = 255

_LOCAL: Final = regex.compile(r"[\w.!#$%&'*+/=?^`{|}~-]")
_DOMAIN: Final = regex.compile(
    r"@(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?P<top>[^\W\d_]{2,24}))(?![\w-]|\.\w|\()"
)
_TRIM: Final = "!#$%&'*/=?^`{|}~.-+"
_NOBODYS_DOMAINS: Final = (
    *("example.com", "example.org", "example.net", "example.edu", "test.com", "foo.com", "bar.com"),
    *(
        "domain.com",
        "openssh.com",
        "libssh.org",
        "localhost.com",
        "email.com",
        "company.com",
        "acme.com",
        "localhost.localdomain",
        "foo.bar",
    ),
    *("users.noreply.github.com", "x.com", "a.com", "b.com", "my.com", "mail.com", "site.com"),
)
_NOBODYS_TOPS: Final = frozenset({"example", "test", "invalid", "localhost", "local", "internal"})
_NOBODYS_LOCALS: Final = frozenset({"git", "noreply", "no-reply", "donotreply", "do-not-reply"})
# What stands behind an `@` in code and in names of files, and is no domain.
_FILES: Final = frozenset(
    {
        *("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "scss", "js", "ts", "tsx"),
        *("jsx", "mjs", "vue", "json", "yaml", "yml", "xml", "html", "md", "txt", "py", "java"),
        *("kt", "rs", "go", "rb", "php", "cpp", "hpp", "so", "dll", "exe", "whl", "jar", "zip"),
        *("service", "socket", "timer", "target", "mount", "tgz", "tar", "lock", "toml"),
    }
)
# Common top-level names; in code others are attributes (`a @ b.T`, `x@np.linalg`).
_TOPS: Final = frozenset(
    {
        *("com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "io", "dev"),
        *("app", "ai", "co", "me", "tv", "cc", "xyz", "online", "site", "tech", "cloud", "email"),
        *("at", "au", "be", "bg", "br", "ca", "ch", "cl", "cn", "cz", "de", "dk", "ee", "es"),
        *("eu", "fi", "fr", "gr", "hk", "hr", "hu", "ie", "il", "in", "ir", "is", "it", "jp"),
        *("kr", "lt", "lu", "lv", "mx", "my", "nl", "no", "nz", "ph", "pk", "pl", "pt", "ro"),
        *("ru", "se", "sg", "si", "sk", "th", "tr", "tw", "ua", "uk", "us", "vn", "za", "ar"),
    }
)

PARTS_MIN: Final = (
    40  # of the largest part: 23.2.1.2 is a section, 2.5.29.24 an object, 1.2.3.4 both
)

_FOUR: Final = regex.compile(r"(?<![\w.:-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_SIX: Final = regex.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::{1,2}[0-9A-Fa-f]{1,4}){3,7}(?![\w:])")
_VERSION: Final = regex.compile(
    r"version|\bver\b|release|revision|\brev\b|build|firmware|section|chapter|clause|\boid\b"
    r"|assembly|[=<>~^!]=|\brfc\b|§|\bv\d",
    regex.IGNORECASE,
)
_PUBLIC_SERVICES: Final = frozenset(
    {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "208.67.222.222", "208.67.220.220"}
)
_WORLD: Final = ipaddress.ip_network("2000::/3")  # all that is given out of IPv6


def find(scan: Scan) -> Iterator[tuple[Kind, int, int]]:
    """E-mail addresses, and public addresses of machines."""
    yield from _emails(scan)
    for found in scan.each(_FOUR, 16):
        if _is_public_4(found[0]) and not _is_version(scan, found.start()):
            yield Kind.MACHINE, found.start(), found.end()
    for found in scan.each(_SIX, 40):
        if _is_public_6(found[0]):
            yield Kind.MACHINE, found.start(), found.end()


def _emails(scan: Scan) -> Iterator[tuple[Kind, int, int]]:
    for at in scan.places("@"):
        behind = scan.match(_DOMAIN, at, DOMAIN_CHARS_MAX + 2)
        if behind is None:
            continue
        start = at
        while start > max(0, at - LOCAL_CHARS_MAX) and _LOCAL.match(scan.text, start - 1, start):
            start -= 1
        local = scan.text[start:at].lstrip(_TRIM)
        start = at - len(local)
        domain, top = behind["domain"].lower(), behind["top"].lower()
        if not local or _is_nobodys(local.lower(), domain, top):
            continue
        quoted = (
            '"' in scan.text[max(0, start - 80) : start]
            or " " in scan.text[max(0, start - 1) : start]
        )
        if top in _TOPS or quoted:
            yield Kind.EMAIL, start, behind.end()


def _is_nobodys(local: str, domain: str, top: str) -> bool:
    return (
        top in _NOBODYS_TOPS
        or top in _FILES
        or local in _NOBODYS_LOCALS
        or any(domain == each or domain.endswith("." + each) for each in _NOBODYS_DOMAINS)
        or domain.startswith(("example.", "your", "my-domain", "mydomain", "some"))
    )


def _is_public_4(text: str) -> bool:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:  # above 255, or with zeros before a number
        return False
    if text in _PUBLIC_SERVICES or max(address.packed) < PARTS_MIN:
        return False
    return address.is_global and not address.is_multicast and address.packed[3:] != b"\0"


def _is_version(scan: Scan, at: int) -> bool:
    start, _ = scan.line(at)
    return _VERSION.search(scan.text, max(start, at - 60), at) is not None


def _is_public_6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return address.is_global and address in _WORLD
