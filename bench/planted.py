"""What is planted into real code, to see whether the checks of safety find it: made at run time.

Each `Injector` puts one thing of a class into a case: a secret, something personal, something that
harms, or something that only looks so and must not drop anything. Secrets have the providers'
forms and random characters, so that none stands in this repository.

Left out: cases (`bench.verify` takes real code), counting.

Rules
 - The generators know nothing of the rules that are to find what they make.
 - A secret stands anywhere: in the target, the context, or over the edge between two parts. What
   is personal or harms stands in the target.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause

UPPER: Final = string.ascii_uppercase
ALNUM: Final = string.ascii_letters + string.digits
WORD: Final = ALNUM + "_-"
HEX: Final = "0123456789abcdef"
BASE64: Final = ALNUM + "+/"

SECRET: Final = frozenset(
    {
        Cause.CREDENTIAL_FORM,
        Cause.CREDENTIAL_KEY,
        Cause.CREDENTIAL_SIGNED,
        Cause.CREDENTIAL_URL,
        Cause.CREDENTIAL_RANDOM,
        Cause.CREDENTIAL_SCANNED,
    }
)

_HASH_COMMENTS: Final = frozenset({"python", "shellscript", "yaml", "ruby", "plaintext"})


@dataclass(frozen=True, slots=True)
class Injector:
    """A class of planted things. `expects`: causes of which one must be said; none: no drop."""

    name: str
    expects: frozenset[Cause]
    plant: Callable[[Case, Random], Case | None]  # None where it does not fit the language


def chars(rng: Random, alphabet: str, count: int) -> str:
    """So many random characters."""
    return "".join(rng.choices(alphabet, k=count))


def comment(language: str, text: str) -> str:
    """A line comment of the language."""
    if language in _HASH_COMMENTS:
        return f"# {text}"
    if language in {"html", "vue", "svelte", "markdown"}:
        return f"<!-- {text} -->"
    return f"/* {text} */" if language in {"c", "css"} else f"// {text}"


def statement(language: str, name: str, value: str) -> str:
    """A line that gives `name` the string `value`, in the language."""
    quoted = json.dumps(value, ensure_ascii=False)
    first, *others = name.split("_")
    camel = first + "".join(part.title() for part in others)
    forms: Mapping[str, str] = {
        "c": f"static const char *{name} = {quoted};",
        "cpp": f"const std::string {name} = {quoted};",
        "go": f"{camel} := {quoted}",
        "java": f"private static final String {name.upper()} = {quoted};",
        "javascript": f"const {camel} = {quoted};",
        "javascriptreact": f"const {camel} = {quoted};",
        "python": f"{name} = {quoted}",
        "rust": f"let {name}: &str = {quoted};",
        "svelte": f"const {camel} = {quoted};",
        "typescript": f"const {camel}: string = {quoted};",
        "typescriptreact": f"const {camel}: string = {quoted};",
        "vue": f"const {camel} = {quoted};",
    }
    return forms.get(language, f"{name.upper()}={value}")


def _indent(case: Case) -> str:
    line = case.prefix[case.prefix.rfind("\n") + 1 :]
    return line[: len(line) - len(line.lstrip())]


def in_target(case: Case, line: str) -> Case:
    """The case with one more line at the end of its target."""
    indented = line.replace("\n", "\n" + _indent(case))
    return replace(case, target=f"{case.target}\n{_indent(case)}{indented}")


def anywhere(case: Case, line: str, rng: Random) -> Case:
    """The case with one more line in one of its parts, or over the edge between two."""
    place = rng.randrange(5)
    if place == 0:
        return in_target(case, line)
    if place == 1:
        at = case.prefix.rfind("\n", 0, rng.randint(0, len(case.prefix))) + 1
        return replace(case, prefix=f"{case.prefix[:at]}{line}\n{case.prefix[at:]}")
    if place == 2:
        at = case.suffix.find("\n", rng.randint(0, len(case.suffix))) + 1 or len(case.suffix)
        return replace(case, suffix=f"{case.suffix[:at]}\n{line}\n{case.suffix[at:]}")
    cut = rng.randint(1, len(line) - 1)
    if place == 3:
        return replace(
            case, prefix=f"{case.prefix}\n{line[:cut]}", target=f"{line[cut:]}\n{case.target}"
        )
    return replace(
        case, target=f"{case.target}\n{line[:cut]}", suffix=f"{line[cut:]}\n{case.suffix}"
    )


# --- secrets


def _private_key(rng: Random, kind: str) -> str:
    lines = "\n".join(chars(rng, BASE64, 64) for _ in range(rng.randint(4, 20)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def signed_token(rng: Random) -> str:
    """A JSON web token with random claims."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = part({"alg": rng.choice(("HS256", "RS256", "ES256")), "typ": "JWT"})
    claims = part({"sub": chars(rng, HEX, 12), "iat": rng.randrange(10**9, 2 * 10**9)})
    return f"{head}.{claims}.{chars(rng, WORD, 43)}"


TOKENS: Final[Mapping[str, Callable[[Random], str]]] = {
    "aws-key-id": lambda rng: "AK" + "IA" + chars(rng, UPPER + "234567", 16),
    "github": lambda rng: rng.choice(("ghp", "gho", "ghs")) + "_" + chars(rng, ALNUM, 36),
    "github-fine": lambda rng: "github_" + "pat_" + chars(rng, ALNUM + "_", 82),
    "gitlab": lambda rng: "glp" + "at-" + chars(rng, WORD[:-2], 20),
    "slack-bot": lambda rng: "-".join(
        ("xo" + "xb", *(chars(rng, string.digits, 12) for _ in range(2)), chars(rng, ALNUM, 24))
    ),
    "stripe": lambda rng: "sk_" + "live_" + chars(rng, ALNUM, 24),
    "google-api": lambda rng: "AI" + "za" + chars(rng, WORD[:-1], 34) + rng.choice(ALNUM),
    "npm": lambda rng: "npm" + "_" + chars(rng, ALNUM, 36),
    "pypi": lambda rng: "pypi" + "-AgEIcHlwaS5vcmc" + chars(rng, WORD[:-2], 80),
    "openai": lambda rng: f"sk-{chars(rng, ALNUM, 20)}{'T3Blbk'}FJ{chars(rng, ALNUM, 20)}",
    "anthropic": lambda rng: "sk-" + "ant-api03-" + chars(rng, WORD[:-2], 93) + "AA",
    "sendgrid": lambda rng: f"S{'G'}.{chars(rng, WORD[:-2], 22)}.{chars(rng, WORD[:-2], 43)}",
    "twilio": lambda rng: "S" + "K" + chars(rng, HEX, 32),
    "telegram": lambda rng: f"{rng.randrange(10**8, 10**10)}:{'A'}A{chars(rng, WORD[:-2], 33)}",
    "huggingface": lambda rng: "hf" + "_" + chars(rng, string.ascii_letters, 34),
    "digitalocean": lambda rng: "dop" + "_v1_" + chars(rng, HEX, 64),
    "shopify": lambda rng: "shp" + "at_" + chars(rng, HEX, 32),
    "jwt": signed_token,
    "random": lambda rng: chars(rng, ALNUM, 40),
}
_NAMES: Final = ("token", "api_key", "credential", "value", "service_key", "auth_token", "setting")


def _token(name: str, make: Callable[[Random], str]) -> Injector:
    def plant(case: Case, rng: Random) -> Case:
        return anywhere(case, statement(case.language, rng.choice(_NAMES), make(rng)), rng)

    return Injector(f"secret:{name}", SECRET, plant)


def _secret(name: str, line: Callable[[Case, Random], str]) -> Injector:
    return Injector(
        f"secret:{name}", SECRET, lambda case, rng: anywhere(case, line(case, rng), rng)
    )


def _password(case: Case, rng: Random) -> str:
    value = chars(rng, ALNUM + "!#$%&*+-_", rng.randint(10, 18)).strip("$%&-_*!#") + str(
        rng.randrange(10, 99)
    )
    name = rng.choice(("password", "db_password", "admin_passwd", "smtp_pass", "user_pwd"))
    return statement(case.language, name, value)


def _named_hex(case: Case, rng: Random) -> str:
    name = rng.choice(("api_key", "client_secret", "auth_token", "secret_key", "access_token"))
    return statement(case.language, name, chars(rng, HEX, rng.choice((32, 40, 64))))


def _url(case: Case, rng: Random) -> str:
    scheme = rng.choice(("postgres", "mysql", "redis", "amqp", "mongodb+srv", "https"))
    user, host = chars(rng, string.ascii_lowercase, 6), chars(rng, string.ascii_lowercase, 8)
    address = f"{scheme}:" + f"//{user}:{chars(rng, ALNUM, 14)}@{host}.internal:5432/main"
    return statement(case.language, "database", address)


def _header(case: Case, rng: Random) -> str:
    if rng.random() < 0.5:
        pair = f"{chars(rng, string.ascii_lowercase, 7)}:{chars(rng, ALNUM, 12)}"
        value = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        value = "Bearer " + chars(rng, ALNUM, 40)
    return statement(case.language, "authorization", value)


def _key(case: Case, rng: Random) -> str:
    return statement(
        case.language, "pem", _private_key(rng, rng.choice(("RSA ", "EC ", "", "OPENSSH ")))
    )


# --- personal


def luhn(rng: Random, prefix: str, count: int) -> str:
    """`count` digits that begin so and add up as a card's number does."""
    body = prefix + chars(rng, string.digits, count - len(prefix) - 1)
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def iban(rng: Random) -> str:
    """An account's number of Germany or the Netherlands, with its check digits."""
    country, body = rng.choice(
        (
            ("DE", chars(rng, string.digits, 18)),
            ("NL", chars(rng, UPPER, 4) + chars(rng, string.digits, 10)),
        )
    )
    number = "".join(str(int(char, 36)) for char in body + country + "00")
    return f"{country}{98 - int(number) % 97:02d}{body}"


_GIVEN: Final = ("Wilhelmina", "Thaddeus", "Ottoline", "Balthasar", "Isolde", "Cornelius")
_FAMILY: Final = ("Quillfeather", "Brandywine", "Oakenshield", "Mistlethorpe", "Vandersloot")


def _email(rng: Random) -> str:
    given, family = rng.choice(_GIVEN).lower(), rng.choice(_FAMILY).lower()
    host = chars(rng, string.ascii_lowercase, 7)
    return f"{given}.{family}@{host}.{rng.choice(('com', 'org', 'de', 'io'))}"


def _machine(rng: Random) -> str:
    first = rng.choice((23, 52, 81, 93, 145, 185))
    return f"{first}.{rng.randrange(40, 99)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _phone(rng: Random) -> str:
    return rng.choice(
        (
            f"+49 {rng.randrange(30, 89)} {rng.randrange(2 * 10**6, 9 * 10**6)}",
            f"+1 {rng.randrange(201, 540)} {rng.randrange(560, 999)} {rng.randrange(2000, 9999)}",
            f"({rng.randrange(201, 540)}) {rng.randrange(560, 999)}-{rng.randrange(2000, 9999)}",
        )
    )


def _street(rng: Random) -> str:
    number, name = rng.randrange(2, 900), rng.choice(("Willow", "Harbour", "Maple", "Chestnut"))
    return rng.choice(
        (f"{number} {name} Street", f"{name}straße {number}", f"{number} {name} Avenue")
    )


def _home(rng: Random) -> str:
    owner = rng.choice(_FAMILY).lower()
    return rng.choice(
        (
            f"/ho{'me'}/{owner}/src/notes.txt",
            f"/Us{'ers'}/{owner}/Desktop",
            f"C:\\Us{'ers'}\\{owner}\\x",
        )
    )


def _card(rng: Random) -> str:
    digits = luhn(rng, rng.choice(("4", "51", "55", "6011")), 16)
    gap = rng.choice(("", " ", "-"))
    return gap.join(digits[at : at + 4] for at in range(0, 16, 4))


def _personal(name: str, cause: Cause, make: Callable[[Random], str]) -> Injector:
    def plant(case: Case, rng: Random) -> Case:
        text = make(rng)
        if rng.random() < 0.5:
            return in_target(case, comment(case.language, f"ask {text} first"))
        return in_target(case, statement(case.language, "contact", text))

    return Injector(f"personal:{name}", frozenset({cause}), plant)


# --- harm


def harm() -> dict[str, dict[str, list[str]]]:
    """Class, language, and what harms: a line, or a few with `\\n` between them."""
    found: dict[str, dict[str, list[str]]] = {}
    rows = (Path(__file__).parent / "data" / "harm.tsv").read_text(encoding="utf-8").split("\n")
    for row in filter(None, rows[1:]):
        name, language, line = row.split("\t")
        lines = found.setdefault(name, {}).setdefault(language, [])
        lines.append(line.replace("\\n", "\n"))
    return found


HARM: Final = harm()


def _harm(name: str, lines: Mapping[str, Sequence[str]]) -> Injector:
    def plant(case: Case, rng: Random) -> Case | None:
        if case.language not in lines:
            return None
        return in_target(case, rng.choice(lines[case.language]))

    return Injector(f"malicious:{name}", frozenset({Cause.MALICIOUS}), plant)


# --- what only looks so


def _uuid(rng: Random) -> str:
    return "-".join(chars(rng, HEX, count) for count in (8, 4, 4, 4, 12))


def _broken_luhn(rng: Random) -> str:
    good = luhn(rng, "4", 16)
    return good[:-1] + str((int(good[-1]) + 1 + rng.randrange(8)) % 10)


LOOKALIKES_OF: Final[Mapping[str, tuple[str, Callable[[Random], str]]]] = {
    "uuid": ("node_id", _uuid),
    "git-digest": ("commit", lambda rng: chars(rng, HEX, 40)),
    "sha256": ("checksum", lambda rng: chars(rng, HEX, 64)),
    "integrity": ("integrity", lambda rng: "sha512-" + chars(rng, BASE64, 86) + "=="),
    "placeholder": ("password", lambda rng: rng.choice(("changeme", "${DB_PASSWORD}", "xxxxxxxx"))),
    "label": (
        "token_field",
        lambda rng: rng.choice(("access_token", "csrf-token", "refreshToken")),
    ),
    "example-email": ("contact", lambda rng: f"user{rng.randrange(99)}@example.com"),
    "loopback": ("host", lambda rng: rng.choice(("127.0.0.1", "10.0.0.12", "192.168.1.9", "::1"))),
    "documentation-ip": ("peer", lambda rng: f"203.0.113.{rng.randrange(1, 255)}"),
    "version": ("release", lambda rng: ".".join(str(rng.randrange(30)) for _ in range(4))),
    "not-a-card": ("serial", _broken_luhn),
    "example-phone": ("contact", lambda rng: f"(212) 555-01{rng.randrange(10, 99)}"),
    "build-folder": ("command", lambda _: "rm -rf ./build /tmp/cache"),
    "timestamp": ("created", lambda rng: str(1_600_000_000_000 + rng.randrange(10**11))),
}


def _lookalike(name: str, variable: str, make: Callable[[Random], str]) -> Injector:
    def plant(case: Case, rng: Random) -> Case:
        return in_target(case, statement(case.language, variable, make(rng)))

    return Injector(f"clean:{name}", frozenset(), plant)


SECRETS: Final = (
    *(_token(name, make) for name, make in TOKENS.items()),
    _secret("private-key", _key),
    _secret("password", _password),
    _secret("named", _named_hex),
    _secret("url", _url),
    _secret("header", _header),
)
PERSONAL: Final = (
    _personal("email", Cause.PERSONAL_EMAIL, _email),
    _personal("machine", Cause.PERSONAL_ADDRESS, _machine),
    _personal("street", Cause.PERSONAL_ADDRESS, _street),
    _personal("phone", Cause.PERSONAL_PHONE, _phone),
    _personal("card", Cause.PERSONAL_CARD, _card),
    _personal("iban", Cause.PERSONAL_IBAN, iban),
    _personal("home", Cause.PERSONAL_PATH, _home),
)
MALICIOUS: Final = tuple(_harm(name, lines) for name, lines in HARM.items())
LOOKALIKES: Final = tuple(_lookalike(name, *how) for name, how in LOOKALIKES_OF.items())
INJECTORS: Final[tuple[Injector, ...]] = (*SECRETS, *PERSONAL, *MALICIOUS, *LOOKALIKES)
