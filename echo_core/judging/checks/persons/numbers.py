"""Numbers that are somebody's: telephones, payment cards, bank accounts.

Left out: numbers set aside for examples: 555-0100 to 555-0199, the cards and accounts that
payment providers and the standard print.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from echo_core.judging.checks.persons.kinds import Kind
from echo_core.judging.checks.scan import Scan

# E.164: a country, and 7 to 14 digits more. With separators, or with a quote or a `tel:` before it:
# `+1234567890` alone is arithmetic.
_WORLD: Final = regex.compile(
    r"(?<![\w+])\+[1-9]\d{0,2}(?:[ .\-/]{0,2}\(0?\d{1,5}\))?(?:[ .\-/]?\d){6,14}(?![\w.]\d|\w)"
)
_DOUBLE_ZERO: Final = regex.compile(r"(?<![\w.])00[1-9]\d{0,2}(?:[ .\-/]\d{2,8}){2,5}(?!\w)")
_NORTH_AMERICA: Final = regex.compile(
    r"(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4}(?![\w-]|\.\d)"
)
_NATIONAL: Final = regex.compile(
    r"(?:\b(?:tel|phone|mobile|fax|call|telefon|handy|mobil|t[ée]l[ée]phone|cell|"
    r"whatsapp)\b[^\w\n]{0,4}"
    r"(?:no|nr|number)?[^\w\n]{0,4})(?P<number>\(?0\d{1,5}\)?(?:[ .\-/]?\d){5,10})(?!\w)",
    regex.IGNORECASE,
)
_EXAMPLE_PHONES: Final = regex.compile(
    r"555[ .-]?01\d\d|\d{3}[ .-]555[ .-]\d{4}|1?23[ .-]?45|0{6}|1{6}"
)

_CARD: Final = regex.compile(
    r"(?<![\w.+-])(?:"
    r"[3-6]\d{3}(?P<gap>[ -]?)\d{4}(?P=gap)\d{4}(?P=gap)\d{4}"  # 16 digits in fours
    r"|3[47]\d{2}(?P<wide>[ -]?)\d{6}(?P=wide)\d{5}"
    r"|3(?:0[0-5]|[689]\d)\d(?P<dine>[ -]?)\d{6}(?P=dine)\d{4})(?![\w-]|\.\d)"
)
# First digits by network: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay.
_NETWORKS: Final = regex.compile(
    r"4|5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[689])|6(?:011|5|4[4-9]|2)|"
    r"35(?:2[89]|[3-8])"
)
_EXAMPLE_CARDS: Final = frozenset(
    {
        *("4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556"),
        *("5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222"),
        *("378282246310005", "371449635398431", "378734493671000", "6011111111111117"),
        *("6011000990139424", "30569309025904", "38520000023237", "3056930009020004"),
        *("3530111333300000", "3566002020360505", "6200000000000005", "4000000000000002"),
    }
)

_IBAN: Final = regex.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
# How many characters an account's number has, by country (ISO 13616).
_IBAN_CHARS: Final = {
    word[:2]: int(word[2:])
    for word in (
        *("AD24", "AE23", "AL28", "AT20", "AZ28", "BA20", "BE16", "BG22", "BH22", "BR29"),
        *("BY28", "CH21", "CR22", "CY28", "CZ24", "DE22", "DK18", "DO28", "EE20", "EG29"),
        *("ES24", "FI18", "FO18", "FR27", "GB22", "GE22", "GI23", "GL18", "GR27", "GT28"),
        *("HR21", "HU28", "IE22", "IL23", "IQ23", "IS26", "IT27", "JO30", "KW30", "KZ20"),
        *("LB28", "LC32", "LI21", "LT20", "LU20", "LV21", "LY25", "MC27", "MD24", "ME22"),
        *("MK19", "MR27", "MT31", "MU30", "NL18", "NO15", "PK24", "PL28", "PS29", "PT25"),
        *("QA29", "RO24", "RS22", "SA24", "SC31", "SE24", "SI19", "SK24", "SM27", "ST25"),
        *("SV28", "TL23", "TN24", "TR26", "UA29", "VA22", "VG24", "XK20"),
    )
}
_EXAMPLE_IBANS: Final = frozenset({"DE89370400440532013000", "GB82WEST12345698765432"})


def find(scan: Scan) -> Iterator[tuple[Kind, int, int]]:
    """Telephone numbers, cards and accounts."""
    for pattern in (_WORLD, _DOUBLE_ZERO, _NORTH_AMERICA):
        for found in scan.each(pattern, 40):
            if _is_phone(scan, found[0], found.start()):
                yield Kind.PHONE, found.start(), found.end()
    for found in scan.each(_NATIONAL, 60):
        if _EXAMPLE_PHONES.search(found["number"]) is None:
            yield Kind.PHONE, *found.span("number")
    for found in scan.each(_CARD, 24):
        if is_card(found[0]):
            yield Kind.CARD, found.start(), found.end()
    for found in scan.each(_IBAN, 44):
        size = _iban_chars(found[0])
        if size:
            yield Kind.IBAN, found.start(), found.start() + size


def _is_phone(scan: Scan, text: str, at: int) -> bool:
    if _EXAMPLE_PHONES.search(text) is not None:
        return False
    if not text.lstrip("+").isdigit():
        return True
    before = scan.text[max(0, at - 4) : at].lower()
    return before.endswith(("tel:", "sms:", '"', "'", ">", "`")) and len(text) >= 10


def is_card(text: str) -> bool:
    """Whether a run of digits is a card's number: its network's first digits, and Luhn's sum."""
    digits = text.replace(" ", "").replace("-", "")
    if digits in _EXAMPLE_CARDS or _NETWORKS.match(digits) is None or len(set(digits)) < 4:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban_chars(text: str) -> int:
    """How many characters of `text` are an account's number; 0 where it is none (ISO 7064)."""
    wanted = _IBAN_CHARS.get(text[:2], 0)
    bare = ""
    for size, char in enumerate(text, start=1):
        if char == " ":
            continue
        bare += char
        if len(bare) == wanted:
            number = "".join(str(int(each, 36)) for each in bare[4:] + bare[:4])
            valid = int(number) % 97 == 1 and bare not in _EXAMPLE_IBANS
            whole = size == len(text) or not text[size].isalnum()
            return size if valid and whole else 0
    return 0
