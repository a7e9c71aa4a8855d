"""What only looks like a credential: stand-ins, references to where the real one is, labels.

Left out: what is asked about it (`forms`, `assigned`, `randomness`).

Rules
 - A value is a stand-in when a person would see that at a glance; a weak password is none.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import regex

# Whole values, in lower case, that people write where a secret will stand.
_WHOLE: Final = frozenset(
    {
        *("", "-", "*", "...", "…", "n/a", "none", "null", "nil", "undefined", "void", "false"),
        *("true", "empty", "unset", "todo", "tbd", "changeme", "change_me", "change-me"),
        *("changeit", "replaceme", "replace_me", "redacted", "removed", "hidden", "masked"),
        *("secret", "password", "passwd", "pass", "pwd", "token", "key", "apikey", "api_key"),
        *("string", "text", "str", "value", "optional", "required", "default", "auto"),
        *("foo", "bar", "baz", "foobar", "foo_bar", "foo-bar", "xxx", "yyy", "zzz", "abc"),
        *("basic", "bearer", "digest", "oauth", "oauth2", "plain", "md5", "sha1", "sha256"),
        *("function", "object", "number", "boolean", "symbol", "array", "bytes", "any", "unknown"),
        *("utf-8", "utf8", "utf-16", "ascii", "latin1", "latin-1", "iso-8859-1", "base64", "hex"),
    }
)
# Parts that make any value a stand-in.
_PARTS: Final = (
    *("example", "placeholder", "changeme", "change_me", "change-me", "replaceme", "replace_me"),
    *("replace-me", "your_", "your-", "yourpass", "yoursecret", "yourtoken", "yourkey", "yourapi"),
    *("my_secret_", "insert_", "insert-", "enter_", "todo", "dummy", "redacted", "fixme"),
    *("....", "****", "____", "<your", "not-a-real", "notareal", "not_a_real", "sample_"),
    *("put_your", "some_", "fake", "mock", "undefined", "deadbeef", "badc0ffee"),
)
# Values that are made elsewhere: `${VAR}`, `{{ var }}`, `$VAR`, `%s`, `<name>`, `{name}`, `@Var@`.
_REFERENCE: Final = regex.compile(
    r"\$\{|\{\{|\$\(|#\{|<%|%\(|\A\$[A-Za-z_]\w*\z|%[A-Z_]{3,40}%|(?<!\w)%[sdrvq](?!\w)|\{\w*\}"
    r"|<[\w .-]{1,40}>"
    r"|@[A-Z_]\w*@|__[A-Z_]\w*__|\[[A-Za-z _-]{1,40}\]|\benv[.:(\[]|process\.env|os\.environ|getenv"
    r"|\bvault:|\bssm:|\barn:aws:secretsmanager|!vault|\bsecretKeyRef\b|ENC\["
)
_RUN: Final = regex.compile(r"(.)\1{5}")  # aaaaaa, 000000, ------
_ORDERED: Final = ("0123456789", "1234567890", "abcdefgh", "qwertyuiop", "9876543210", "12345678")


def is_placeholder(value: str) -> bool:
    """Whether `value` stands for a credential instead of being one."""
    folded = value.lower()
    if folded.strip("'\"` \t<>[]{}()") in _WHOLE:
        return True
    if any(part in folded for part in _PARTS) or "xxxx" in value or "XXXX" in value:
        return True
    if len(set(value)) < 4:
        return True
    return _REFERENCE.search(value[:400]) is not None


def is_filler(token: str) -> bool:
    """Whether a token of a known form was made up: its characters repeat, count, or say so."""
    if is_placeholder(token):
        return True
    body = token[4:].strip("_-")
    if (len(body) >= 12 and len(set(body)) < 6) or (body.isalpha() and body.islower()):
        return True  # 20 random letters and digits hold one that is no small letter
    folded = token.lower()
    return _RUN.search(token) is not None or any(run in folded for run in _ORDERED)


def entropy_bits(value: str) -> float:
    """Shannon's entropy of `value`, in bits a character; 0 for nothing."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0
