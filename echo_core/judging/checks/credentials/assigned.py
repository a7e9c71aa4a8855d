"""Values that are given a telling name: `password = "…"`, `api_key: …`, `<secret>…</secret>`.

Left out: which names are telling (`naming`), stand-ins (`placeholders`).

Rules
 - In source code a value stands in quotes; without them it is an expression. In configuration,
   prose and languages that are not known it may stand bare.
 - The more a name promises, the less its value has to look like a credential.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials.naming import PROVIDERS, TELLING, Promise, promise_of
from echo_core.judging.checks.credentials.placeholders import entropy_bits, is_placeholder
from echo_core.judging.checks.credentials.words import is_mixed, is_slug
from echo_core.judging.checks.scan import Hit, Scan

REACH_CHARS: Final = 400
NAME_REACH_CHARS: Final = 60
WORDS_MAX: Final = 3  # of a password that is made of words

# LSP ids of languages in which a bare word is an expression.
CODE: Final = frozenset(
    {
        *("c", "cpp", "csharp", "css", "dart", "go", "haskell", "html", "java", "javascript"),
        *("javascriptreact", "julia", "kotlin", "lua", "objective-c", "perl", "php", "python"),
        *("ruby", "rust", "scala", "svelte", "swift", "typescript", "typescriptreact", "vue"),
    }
)

_BEHIND: Final = regex.compile(r"[\w.\-]{0,60}+")
_QUOTED: Final = regex.compile(
    r"""
    (?P<shut>\\?["'`]?\]?\)?)[ \t]{0,20}+
    (?P<sign>
        :[ \t]{0,4}+[\w&<>\[\]?.:*' |]{1,40}?[ \t]{0,4}=[ \t]{0,8}
      | (?:===?|!==?|:=|\?=|\|\|=|\?\?=|\+=|=>|->|=|:|<-)[ \t]{0,8}+(?:\r?\n[ \t]{0,40}+)?
      | ,[ \t]{0,8}+(?:value[ \t]{0,4}[=:][ \t]{0,4}+)?
      | \([ \t]{0,8}+
      | (?<=[ \t])value[ \t]{0,4}=[ \t]{0,4}+
      | (?<=[ \t])(?=["'])
    )
    (?:
        (?:new[ ]{1,2})?(?:[A-Za-z0-9]{1,20}\.){0,2}
        (?:String|str|bytes?|\[\]byte|Buffer\.from|b64decode|Secret|SecretStr|SecureString|to_string
          |of|from|From|Some|Ok|Eq|Ptr|pointer|strdup|char|quote|_T|TEXT|valueOf|encode)
        [ ]{0,2}\(
      | [({\[]{1,2}
      | &
      | [^"'`\n=]{1,40}(?:\|\||\?\?|\bor\b|\?|,)
    )?+[ \t]{0,4}+
    [A-Za-z@$]{0,2}
    (?P<quote>\\?(?:\"{3}|'{3}|["'`]))
    (?P<value>[^\n\r]{1,250}?)
    (?P=quote)
    """,
    regex.VERBOSE,
)
_BARE: Final = regex.compile(
    r"""
    ["']?\]?[ \t]{0,20}+
    (?:=>|:=|==?|:|>)[ \t]{0,20}+
    (?P<value>[^\s"'`,;<>]{4,250})
    (?=[\s"'`,;<>]|$)
    """,
    regex.VERBOSE,
)
_OPTION: Final = regex.compile(r"[ =](?P<value>[^\s\"'`;|&<>]{4,200})")
_SETTERS: Final = regex.compile(
    r"(?:^|[.])(?:set|with)_?\w*\z|(?:^|[.])(?:equals|password|passwd)\z", regex.I
)

_APART: Final = regex.compile(r"[-_./: \\+]+")
_NO_VALUE: Final = regex.compile(
    r"\w{1,12}://|[./~]{1,3}/|[A-Za-z]:\\|[\^(]|.{0,40}(?:\\[dwsSWDbB]|\[\^?[a-zA-Z0-9]-|\.\*|\(\?)"
    r"|\d{1,3}(?:\.\d{1,4}){1,3}\z|[a-z]+/[a-z0-9.+-]+\z|#[0-9a-fA-F]{3,8}\z|&[a-z]+;|.{0,80}\\u[0-9a-f]{4}"
    r"|[\w./-]{1,80}\.(?:json|ya?ml|pem|key|crt|txt|html?|js|ts|py|php|rb|go|java|xml|png|svg|env)\z"
    r"|\$\.|.{0,60}(?:a-z|A-Z|0-9)[\]A-Za-z0-9_]|[\w.:>-]{1,60}\(|.{0,60}[({\[]\w*[)}\]]"
)
_LABELS: Final = (
    *("pass", "pwd", "secret", "token", "key", "auth", "cred", "user", "login", "email", "name"),
    *("type", "field", "input", "label", "text", "string", "value", "param", "invalid", "error"),
    *("required", "missing", "enter", "confirm", "reset", "forgot", "change", "plain", "hash"),
    *(
        "hidden",
        "visible",
        "sign",
        "session",
        "cookie",
        "bearer",
        "basic",
        "oauth",
        "json",
        "grant",
    ),
    *("client", "access", "refresh", "public", "private", "default", "number", "object", "bool"),
)


def find(scan: Scan, case: Case) -> Iterator[Hit]:
    """Values whose name tells that they are credentials."""
    bare = case.language not in CODE
    seen = -1
    for at in sorted({at for word in (*TELLING, *PROVIDERS) for at in scan.places_folded(word)}):
        if at < seen:
            continue  # within a name that was read
        start, end = _name_around(scan, at)
        seen = end
        name = scan.text[start:end]
        promise = promise_of(name.rstrip(".-"))
        if promise is not Promise.NOTHING:
            yield from _valued(scan, name, end, promise, bare)


def _name_around(scan: Scan, at: int) -> tuple[int, int]:
    start = at
    while start > max(0, at - NAME_REACH_CHARS) and _is_name(scan.text[start - 1]):
        start -= 1
    found = scan.match(_BEHIND, at, NAME_REACH_CHARS)
    return start, found.end() if found is not None else at


def _is_name(char: str) -> bool:
    return char.isalnum() or char in "_.-"


def _valued(scan: Scan, name: str, end: int, promise: Promise, bare: bool) -> Iterator[Hit]:
    found = scan.match(_QUOTED, end, REACH_CHARS)
    if found is not None and _is_assigned(found["sign"].strip(), found["value"], name, promise):
        yield Hit(Cause.CREDENTIAL_FORM, f"assigned-{promise.name.lower()}", *found.span("value"))
        return
    if name.startswith("--") and promise >= Promise.SECRET:
        found = scan.match(_OPTION, end, REACH_CHARS)
    elif bare:
        found = scan.match(_BARE, end, REACH_CHARS)
    else:
        found = None
    if found is not None and _is_bare(found["value"], promise):
        yield Hit(Cause.CREDENTIAL_FORM, f"assigned-{promise.name.lower()}", *found.span("value"))


def _is_assigned(sign: str, value: str, name: str, promise: Promise) -> bool:
    if sign == "(" and _SETTERS.search(name) is None:
        return False
    if (sign == "" or sign.startswith(",")) and not is_mixed(value):
        return False
    return is_credential(value, promise)


def _is_bare(value: str, promise: Promise) -> bool:
    if (
        value[0] in "$&*!|>{[(@%-"
        or value.endswith((")", "}", ":", "]", "{", "("))
        or "=" in value[:-2]
    ):
        return False
    return is_credential(value, promise)


def is_credential(value: str, promise: Promise) -> bool:
    """Whether a value is what its name promises."""
    if is_placeholder(value) or _NO_VALUE.match(value) is not None:
        return False
    words = value.split()
    if len(words) > 1 and (
        promise is not Promise.PASSWORD or len(words) > 3 or not is_mixed(value)
    ):
        return False
    if promise is Promise.PASSWORD:
        return len(value) >= 4 and _is_password(value)
    if promise is Promise.SECRET:
        return _is_secret(value)
    return (
        len(value) >= 16 and is_mixed(value) and entropy_bits(value) >= 3.0 and not is_slug(value)
    )


def _is_password(value: str) -> bool:
    if value.isdigit() or (is_mixed(value) and not is_slug(value)):
        return True
    # Words: `letmein`, `captain_password`, but not a label, a translation or a constant's name.
    if (
        not value.isascii()
        or value[0] in "-_. "
        or (value != value.lower() and not is_mixed(value))
    ):
        return False
    if len(_APART.split(value)) > WORDS_MAX:
        return False  # `session.redis.sentinel.password`: where the password is
    rest = value.lower()
    for word in _LABELS:
        rest = rest.replace(word, "")
    return sum(char.isalnum() for char in rest) >= 4


def _is_secret(value: str) -> bool:
    if len(value) < 8 or is_slug(value):
        return False
    if is_mixed(value):
        return entropy_bits(value) >= 2.5
    return len(value) >= 16 and entropy_bits(value) >= 3.6 and value.isascii()
