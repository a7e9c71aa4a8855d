"""Credentials are found wherever they stand; what only looks like one is left alone.

No credential stands here: forms are made of random characters when the tests run.
"""

from __future__ import annotations

from random import Random

import pytest

from bench import planted
from bench.planted import ALNUM, BASE64, HEX, chars
from echo_core.judging.checks import scan, secrets
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials import forms, naming
from echo_core.judging.checks.credentials.naming import Promise, promise_of
from echo_core.judging.checks.credentials.placeholders import entropy_bits
from echo_core.judging.checks.scan import Hit, Scan, TooMuchError, merged
from echo_core.judging.checks.verdict import Finding
from echo_testing.samples import a_case

RANDOM = Random(5)
CLEAN = Case("python", "a.py", "import os\n\n\ndef f(x):\n    ", "return x", "\n\n\nf(1)\n")


def case(text: str, language: str = "python", path: str = "a.py") -> Case:
    """A case whose target is `text`."""
    return a_case(text, language=language, path=path)


def found(text: str, language: str = "python", path: str = "a.py") -> list[str]:
    """What stands in the spans of the hits."""
    whole = case(text, language, path)
    return [text[hit.start : hit.end] for hit in secrets.found_in(whole)]


@pytest.mark.parametrize("injector", planted.SECRETS, ids=lambda injector: injector.name)
def test_a_planted_secret_is_found_in_every_part_and_over_every_edge(
    injector: planted.Injector,
) -> None:
    rng = Random(injector.name)
    missed = 0
    for _ in range(40):
        with_one = injector.plant(CLEAN, rng)
        assert with_one is not None
        verdict = secrets.judge(with_one)
        if verdict.finding is Finding.PASSED:
            missed += 1
            continue
        assert verdict.finding is Finding.DROPPED
        assert verdict.cause in injector.expects
        assert verdict.quality == 0.0
        assert verdict.spans
    assert missed <= 2  # the floor of `make bench-verify`: 95%


def test_there_are_enough_classes_and_forms() -> None:
    assert len(planted.SECRETS) >= 15
    assert len({form.name for form in forms.FORMS}) >= 150


def test_clean_code_passes() -> None:
    assert secrets.judge(CLEAN).finding is Finding.PASSED


def test_the_cause_is_that_of_the_target_first() -> None:
    key = planted.TOKENS["github"](RANDOM)
    token = planted.signed_token(RANDOM)
    both = Case("python", "a.py", f'a = "{key}"\n', f'b = "{token}"', "")
    verdict = secrets.judge(both)
    assert verdict.cause is Cause.CREDENTIAL_SIGNED
    assert len(verdict.spans) == 2
    assert dict(verdict.facts)["jwt"] == 1
    assert key not in repr(verdict)
    assert token not in repr(verdict)


def test_what_is_too_long_or_too_dear_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    long = case("x" * (scan.CASE_CHARS_MAX + 1))
    assert secrets.judge(long).cause is Cause.TOO_LARGE
    monkeypatch.setattr(scan, "LOOKS_FREE", 0)
    monkeypatch.setattr(scan, "LOOKS_PER_CHAR_MAX", 0)
    assert secrets.judge(CLEAN).cause is Cause.CRASHED


def test_a_match_that_takes_too_long_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Scan, "match", late)
    assert secrets.judge(case("password = 1")).cause is Cause.CRASHED


# --- values with a name

VALUE = chars(RANDOM, HEX, 19) + "a7"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", f'client = Client(token="{VALUE}")'),
        ("python", f"config['api_key'] = '{VALUE}'"),
        ("python", f'"client_secret": "{VALUE}",'),
        ("typescript", f"const apiKey: string = '{VALUE}'"),
        ("typescript", f"const key = process.env.KEY || '{VALUE}'"),
        ("java", f'builder.setPassword("{VALUE}")'),
        ("java", f'if (password.equals("{VALUE}")) return;'),
        ("csharp", f'<add key="Password" value="{VALUE}" />'),
        ("c", f'#define API_KEY "{VALUE}"'),
        ("go", f'secretKey := []byte("{VALUE}")'),
        ("rust", f'let token: &str = "{VALUE}";'),
        ("javascript", f'JSON.parse("{{\\"password\\": \\"{VALUE}\\"}}")'),
        ("plaintext", f"<password>{VALUE}</password>"),
        ("yaml", f"password: {VALUE}"),
        ("dotenv", f"STRIPE_SECRET={VALUE}"),
        ("shellscript", f"run --password {VALUE} --now"),
        ("sql", f"CREATE USER app WITH PASSWORD '{VALUE}'"),
        ("python", 'password = "letmein"'),
        ("python", 'password = "12345678"'),
        ("python", 'password = "hunter2 hunter3"'),
        ("python", 'db_pass = "Sommer!Berlin7"'),
        ("python", 'secret = "qWmxRtYvBnPlKjHgFdSa"'),
    ],
)
def test_a_value_with_a_telling_name_is_found(language: str, text: str) -> None:
    assert len(found(text, language)) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", 'password = os.environ["DB_PASSWORD_2"]'),
        ("python", "password = get_password(user1)"),
        ("python", 'password = "changeme"'),
        ("python", 'password = "${DB_PASSWORD}"'),
        ("python", 'password = password.encode("utf-8")'),
        ("python", 'password_field = "user_password_2"'),
        ("python", 'password = "Passwort"'),
        ("python", 'password = "--"'),
        ("python", 'password = "Enter your new password here"'),
        ("python", 'token = "/etc/token1/file2"'),
        ("python", 'token = "token-v1"'),
        ("python", 'secret = "SecretManager"'),
        ("python", 'secret = "abcdefgh"'),
        ("python", 'token_hash = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"'),
        ("python", 'key = "cache-key-2"'),
        ("python", 'key = "short1"'),
        ("python", 'getpass("PASSWORD2")'),
        ("python", 'password = "session.redis.sentinel.password2"'),
        ("python", 'token = r"[-!#$%0-9a-zA-Z]+"'),
        ("python", 'names = ["password", "username"]'),
        ("python", 'author = "a94a8fe5ccb19ba61c4c0873d391e987"'),
        ("python", 'name = "token2bucket"'),
        ("typescript", "if (typeof this.password === 'function') {}"),
        ("yaml", "password: $DB_PASSWORD"),
        ("yaml", "password: {{ vault_password1 }}"),
        ("yaml", "tokens: [a1b2"),
        ("shellscript", "run --password"),
        ("go", "token, err := parse1(text2)"),
        ("yaml", "keys: abcdefgh12345678ijkl"),
        ("yaml", "password_hash: abcdefgh12345678ijkl"[9:]),
    ],
)
def test_a_name_without_a_credential_is_left(language: str, text: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        ("dbPassword", Promise.PASSWORD),
        ("USER_PWD", Promise.PASSWORD),
        ("password_default", Promise.PASSWORD),
        ("apiKey", Promise.SECRET),
        ("github.accessToken", Promise.SECRET),
        ("basic_auth", Promise.SECRET),
        ("AWSSecretKey2", Promise.SECRET),
        ("stripe", Promise.KEY),
        ("key", Promise.KEY),
        ("sig", Promise.KEY),
        ("token_url", Promise.NOTHING),
        ("tokenizer", Promise.NOTHING),
        ("keys", Promise.NOTHING),
        ("file_hash", Promise.NOTHING),
        ("compass", Promise.NOTHING),
        ("__", Promise.NOTHING),
    ],
)
def test_what_a_name_promises(name: str, promise: Promise) -> None:
    assert promise_of(name) is promise


def test_words_that_are_searched_for_are_in_lower_case() -> None:
    assert all(word == word.lower() for word in (*naming.TELLING, *naming.PROVIDERS))


# --- keys, signed tokens, addresses, headers


def private_key(lines: int) -> list[str]:
    """The lines of a private key's body."""
    return [chars(RANDOM, BASE64, 64) for _ in range(lines)]


def test_a_private_key_needs_a_body() -> None:
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    assert found(f'if line.startswith("{begin}"): pass') == []
    assert found(f'if line == "{end}": pass') == []
    body = private_key(3)
    for text in (
        "\n".join((begin, *body, end)),
        "\\n".join((begin, *body, end)),
        "\n".join(f'"{line}\\n" +' for line in (begin, *body, end)),
        "\n".join((begin, "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00", "", *body, end)),
        "\n".join((*body, end)),  # the window began within
        "\n".join((begin, *body)),  # and ended
    ):
        verdict = secrets.judge(case(text, "plaintext"))
        assert verdict.cause is Cause.CREDENTIAL_KEY, text[:40]


def test_other_forms_of_private_keys() -> None:
    body = private_key(1)[0]
    putty = f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 14\n{body}"
    assert secrets.judge(case(putty, "plaintext")).cause is Cause.CREDENTIAL_KEY
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{body}"
    wrapped = planted.base64.b64encode(pem.encode()).decode()
    assert secrets.judge(case(f"tls.crt: {wrapped}", "yaml")).cause is Cause.CREDENTIAL_KEY
    public = planted.base64.b64encode(pem.replace("RSA PRIVATE", "PUBLIC").encode()).decode()
    assert found(f"x: {public}", "yaml", "a.pem") == []
    assert found("x: LS0tLS1CRUdJTi", "yaml") == []
    ssh2 = "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
    assert secrets.judge(case(ssh2, "plaintext")).cause is Cause.CREDENTIAL_KEY
    assert found("Private-Lines: many", "plaintext") == []
    assert found("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "plaintext") == []


def test_a_signed_token_has_a_header_that_can_be_read() -> None:
    token = planted.signed_token(RANDOM)
    assert found(f"x = '{token}'") == [token]
    twice = planted.base64.b64encode(token.encode()).decode().rstrip("=")
    assert secrets.judge(case(f"x = '{twice}'")).finding is Finding.DROPPED
    for head in ("eyJhIjoxfQ", "eyJ" + "_" * 15, "eyJbW1tbW1tbW1tb"):
        assert Cause.CREDENTIAL_SIGNED not in {
            hit.cause for hit in secrets.found_in(case(f"{head}aaaa.eyJhIjoxfQ.abcdefgh"))
        }
    assert (
        found("eyJ and ZXlK alone, and ZXlKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK") == []
    )


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("postgres://app:Zw8#kq2@db:5432/x", "Zw8#kq2"),
        ("postgres://app:Zw8kq2@db:5432/x", "Zw8kq2"),
        ("redis://:Zw8kq2@cache/0", "Zw8kq2"),
        ("https://app:foo@host.org/", "foo"),
        ("https://user:password@host.org/", None),
        ("https://user:$PASSWORD@host.org/", None),
        ("https://user:Zw8kq2}@host.org/", None),
        ("https://admin:admin@host.org/", None),
        ("https://user:mypass@host.org/", None),
        ("https://host.org:8080/@scope/x", None),
        ("https://user:$ecret9x@host.org/", None),
    ],
)
def test_a_password_in_an_address(text: str, password: str | None) -> None:
    assert found(f'x = "{text}"') == ([] if password is None else [password])


def test_headers_of_authorization() -> None:
    token = chars(RANDOM, ALNUM, 30) + "012"
    assert found(f'h = "Bearer {token}"') == [token]
    assert found('h = "Basic YWxhZGRpbjpvcGVuc2VzYW1l"') == ["YWxhZGRpbjpvcGVuc2VzYW1l"]
    assert found('h = "Basic authentication"') == []
    assert found('h = "Basic YWxhZGRpbm9wZW5zZXNhbWU9"') == []
    assert found('h = "token authentication-failed"') == []
    assert found('h = "Bearer xxxxxxxxxxxxxxxxxxxxxx"') == []


# --- random strings


def test_a_random_string_is_found_where_nothing_says_digest() -> None:
    value = "kX9" + chars(RANDOM, ALNUM, 40)
    assert found(f'f("{value}")') == [value]
    assert found(f"f({value})") == []  # a name
    assert found(f"see {value} there", "plaintext") == [value]
    assert found(f'integrity: "{value}"', "plaintext") == []
    assert found(f'f("{value}")', path="web/yarn.lock") == []


@pytest.mark.parametrize(
    "value",
    [
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ApplicationConfigurationManager2Factory",
        "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
        "SGVsbG8gdGhlcmUsIGhvdyBhcmUgeW91IHRvZGF5PyAxMjM0",
        "aA1aA1aA1aA1aA1aA1aA1aA1aA1aA1aA1aA1",
    ],
)
def test_strings_that_are_not_random(value: str) -> None:
    assert found(f'f("{value}")') == []


@pytest.mark.parametrize(
    "body",
    ["x" * 36, "0123456789" * 4, "EXAMPLE" * 6, "ab" * 18, "interpolationmissingoptionerrorraised"],
)
def test_a_form_that_was_made_up_is_left(body: str) -> None:
    assert found(f'x = "ghp_{body[:36]}"') == []


def test_a_form_with_something_before_its_literal() -> None:
    key = chars(RANDOM, HEX, 32) + "-us" + "12"
    assert found(f'x = "{key}"') == [key]
    assert found('x = "-us12"') == []


# --- looking


def test_hits_that_overlap_are_one() -> None:
    cause = Cause.CREDENTIAL_FORM
    hits = [
        Hit(cause, "a", 0, 4),
        Hit(cause, "b", 2, 9),
        Hit(cause, "c", 3, 5),
        Hit(cause, "d", 9, 10),
    ]
    assert merged(hits) == (Hit(cause, "b", 0, 9), Hit(cause, "d", 9, 10))


def test_folding_keeps_every_place() -> None:
    text = "İPASSWORD"  # its lower case is longer
    assert list(Scan(text).places_folded("password")) == [1]
    assert list(Scan("aaa").places("aa")) == [0, 1]


def test_looks_are_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "LOOKS_FREE", 10)
    monkeypatch.setattr(scan, "LOOKS_PER_CHAR_MAX", 1)
    dear = Scan("aaaa")
    with pytest.raises(TooMuchError):
        list(dear.places("a" * 15))


def test_a_line_is_found_within_its_reach() -> None:
    text = "one\ntwo\r\nthree"
    assert Scan(text).line(5) == (4, 7)
    assert Scan(text).line(0) == (0, 3)
    assert Scan(text).line(len(text)) == (9, 14)
    assert Scan("x" * 1000).line(500, 10) == (490, 510)


def test_entropy() -> None:
    assert entropy_bits("") == 0.0
    assert entropy_bits("aaaa") == 0.0
    assert entropy_bits("abcd") == 2.0
