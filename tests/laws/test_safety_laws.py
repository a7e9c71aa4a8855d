"""Laws of the checks of safety: they never raise, cost little, and hide all that they find."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import planted
from echo_core.judging.checks import malicious, personal, secrets
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials import assigned, forms, keys, naming, randomness
from echo_core.judging.checks.harm import RULES
from echo_core.judging.checks.persons import names as local_names
from echo_core.judging.checks.persons import network, numbers, places
from echo_core.judging.checks.persons.names import LocalNames
from echo_core.judging.checks.scan import LOOKS_FREE, LOOKS_PER_CHAR_MAX, Scan
from echo_core.judging.checks.verdict import Finding

NAMES = LocalNames(
    people=("Wilhelmina Quillfeather", "Žofia Novák"),
    emails=("wq@quill.de",),
    logins=("quillw",),
    homes=("/home/quillw",),
    hosts=("quillbox",),
)
LANGUAGES = ("python", "typescript", "c", "shellscript", "yaml", "unheard-of")
PIECES = (
    *(
        "password",
        "token = ",
        '"',
        "'",
        "\n",
        " ",
        "=",
        ":",
        "://",
        "@",
        "a.b",
        "-----BEGIN ",
        "eyJ",
    ),
    *("PRIVATE KEY-----", "rm -rf /", "curl x | sh", "+49 30 987654", "a@b.de", "93.184.216.34"),
    *(
        "Wilhelmina",
        " Quillfeather",
        "quillw",
        "/home/quillw",
        "# ",
        "// ",
        "<NAME>",
        "<EMAIL>",
        "x",
    ),
    *("4539578763621486", "12 Maple Street", "0", "_", ".", "-", "aB3", "ghp_", "İ", "ſ", "\r\n"),
)
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=30).map("".join)
cases = st.builds(
    Case, st.sampled_from(LANGUAGES), st.sampled_from(("a.py", "yarn.lock")), texts, texts, texts
)


def spans_in(case: Case, rng: Random) -> tuple[tuple[int, int], ...]:
    """Random spans, as a parser might give them; they may touch and overlap."""
    size = len(case.whole)
    ends = [(rng.randint(0, size), rng.randint(0, size)) for _ in range(rng.randint(0, 5))]
    return tuple((min(pair), max(pair)) for pair in ends)


@given(cases, st.randoms(use_true_random=False))
def test_no_case_makes_a_check_raise(case: Case, rng: Random) -> None:
    prose = rng.choice((None, spans_in(case, rng)))
    for verdict in (
        secrets.judge(case),
        malicious.judge(case),
        personal.judge(case, prose, NAMES),
    ):
        assert verdict.cause not in {Cause.CRASHED, Cause.TOO_LARGE}
        for start, end in verdict.spans:
            assert 0 <= start < end <= len(case.whole)


@given(cases, st.randoms(use_true_random=False))
def test_redacting_hides_all_that_can_be_hidden_and_nothing_else(case: Case, rng: Random) -> None:
    prose = rng.choice((None, spans_in(case, rng)))
    once = personal.redact(case, prose, NAMES)
    assert once.case.target == case.target
    assert once.case.whole.count("\n") == case.whole.count("\n")
    assert once.case.prefix.count("\r") == case.prefix.count("\r")
    for start, end, kind in once.replaced:
        assert once.case.whole[start:end] == kind.placeholder
    again = personal.redact(once.case, once.prose, NAMES)
    assert (again.case, again.replaced) == (once.case, ())
    for found in personal.found_in(once.case, NAMES):
        in_target = found.start < once.case.end and found.end > once.case.start
        in_prose = once.prose is None or any(
            start <= found.start and found.end <= end for start, end in once.prose
        )
        assert in_target or not in_prose
    if not once.replaced:
        assert once.case == case


@given(cases)
def test_a_verdict_is_the_same_each_time(case: Case) -> None:
    assert secrets.judge(case) == secrets.judge(case)
    assert malicious.judge(case) == malicious.judge(case)


@given(st.integers(0, 10_000))
def test_a_canary_is_found_wherever_it_is_put(seed: int) -> None:
    rng = Random(seed)
    clean = Case("python", "a.py", "import os\n\n\ndef f(x):\n    ", "y = x", "\n    return y\n")
    for injector in rng.sample(planted.SECRETS, 3):
        if injector.name in {"secret:random", "secret:header", "secret:password"}:
            continue  # these are found by likelihood: tests/core/test_secrets.py has the floor
        case = injector.plant(clean, rng)
        assert case is not None
        assert secrets.judge(case).finding is Finding.DROPPED, injector.name


def looks(text: str, language: str = "yaml") -> float:
    """How many looks, for each character, all rules together take at a text."""
    case = Case(language, "a", "", text, "")
    total = 0
    for find in (
        forms.find,
        keys.find,
        lambda scan: assigned.find(scan, case),
        lambda scan: randomness.find(scan, case),
        lambda scan: local_names.find(scan, NAMES),
        network.find,
        numbers.find,
        places.find,
    ):
        scan = Scan(text)
        list(find(scan))
        total += scan.looked
    return total / len(text)


@pytest.mark.parametrize("unit", ["x = compute(a, b)\n", "password: str = field()\n", "a.b@c "])
def test_honest_text_costs_little(unit: str) -> None:
    assert looks(unit * 400) < LOOKS_PER_CHAR_MAX / 2


HOSTILE = [
    *(form.literal for form in forms.FORMS[:40]),
    *(word + "=" for word in naming.TELLING),
    *(word for rule in RULES for word in rule.words[:1]),
    *("eyJ" * 3, "-----BEGIN ", "-----END ", "://a:", "a@a.", "1.", "1:", "+1 ", "4 ", "GB33 "),
    *(
        "password='",
        'password=\\"',
        'key: "',
        "a" * 40 + ".",
        "exec(" + " " * 50,
        "\\x00",
        "/home/a",
    ),
    *(
        "Wilhelmina ",
        "12 Ab Ab Ab ",
        "rue de la ",
        "while ( 1 ) ",
        "curl " + "a" * 30,
        "((((",
        "  ",
    ),
]


HOSTILE_CHARS = 12_000  # of a sample


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_text_ends_by_counting_and_is_judged(unit: str) -> None:
    text = (unit * HOSTILE_CHARS)[:HOSTILE_CHARS]
    for language in ("python", "yaml"):
        case = Case(language, "a", "", text, "")
        for verdict in (
            secrets.judge(case),
            malicious.judge(case),
            personal.judge(case, None, NAMES),
        ):
            assert verdict.finding in {Finding.PASSED, Finding.MARKED, Finding.DROPPED}


@pytest.mark.parametrize("size", [1000, 8000, 64_000])
def test_what_a_scan_may_cost_grows_with_its_text_alone(size: int) -> None:
    assert Scan("x" * size).looks_max == LOOKS_FREE + LOOKS_PER_CHAR_MAX * size
