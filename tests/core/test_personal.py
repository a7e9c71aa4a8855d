"""What is personal is found in the target and hidden in the context; what is nobody's is left."""

from __future__ import annotations

from random import Random

import pytest

from bench import planted
from echo_core.judging.checks import personal, scan
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.persons import names as local_names
from echo_core.judging.checks.persons.kinds import Kind
from echo_core.judging.checks.persons.names import LocalNames, all_of
from echo_core.judging.checks.scan import Scan, TooMuchError
from echo_core.judging.checks.verdict import Finding

NAMES = LocalNames(
    people=("Wilhelmina Quillfeather", "Žofia Novák-Dlouhá", "Mark Rose", "Prince", "Zorblax"),
    emails=("wq@quill.example", "@", "not an address"),
    logins=("quillw", "root", "ab"),
    homes=("/home/quillw", "C:\\Users\\quillw", "/" + "root", "/"),
    hosts=("quillbox", "localhost"),
)
NOBODY = LocalNames()


def kinds(text: str, names: LocalNames = NOBODY) -> list[tuple[Kind, str]]:
    """What is found in a target."""
    return [
        (each.kind, text[each.start : each.end])
        for each in personal.found_in(Case("python", "a.py", "", text, ""), names)
    ]


@pytest.mark.parametrize("injector", planted.PERSONAL, ids=lambda injector: injector.name)
def test_what_is_planted_in_a_target_drops_it(injector: planted.Injector) -> None:
    rng = Random(injector.name)
    for language in ("python", "typescript", "java", "go", "c", "rust", "vue", "yaml") * 5:
        case = injector.plant(Case(language, "a", "a\n", "b", "\nc\n"), rng)
        assert case is not None
        verdict = personal.judge(case, None, NOBODY)
        assert (verdict.finding, verdict.quality) == (Finding.DROPPED, 0.0), case.target
        assert verdict.cause in injector.expects
        assert verdict.spans


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("by Wilhelmina Quillfeather, 2020", Kind.NAME, "Wilhelmina Quillfeather"),
        ("wilhelmina.quillfeather", Kind.NAME, "wilhelmina.quillfeather"),
        ("class WilhelminaQuillfeather:", Kind.NAME, "WilhelminaQuillfeather"),
        ("Quillfeather, Wilhelmina", Kind.NAME, "Quillfeather, Wilhelmina"),
        ("asked Quillfeather", Kind.WORD, "Quillfeather"),
        ("ŽOFIA NOVÁK-DLOUHÁ", Kind.NAME, "ŽOFIA NOVÁK-DLOUHÁ"),
        ("Žofia said so", Kind.WORD, "Žofia"),
        ("mark_rose", Kind.NAME, "mark_rose"),
        ("zorblax ZORBLAX", Kind.WORD, "ZORBLAX"),
        ("wq@quill.example", Kind.EMAIL, "wq@quill.example"),
        ("ssh quillw there", Kind.WORD, "quillw"),
        ("on QUILLBOX now", Kind.HOST, "QUILLBOX"),
        ("open('/home/quillw/a b')", Kind.PATH, "/home/quillw/a"),
        (r"C:\Users\quillw\x.txt", Kind.PATH, r"C:\Users\quillw\x.txt"),
        (r"'C:\\Users\\quillw'", Kind.PATH, r"C:\\Users\\quillw"),
        ("file:///C:/Users/quillw/x", Kind.PATH, "C:/Users/quillw/x"),
    ],
)
def test_names_of_this_machine(text: str, kind: Kind, found: str) -> None:
    assert kinds(text, NAMES) == [(kind, found)]


@pytest.mark.parametrize(
    "text",
    [
        "mark = rose",
        "root@",
        "/" + "root/x",
        "localhost",
        "quillfeather = 1",
        "quillwing",
        "ab",
        "Ottoline",
    ],
)
def test_words_that_name_nobody(text: str) -> None:
    assert kinds(text, NAMES) == []


def test_a_name_that_is_a_sentence_is_none() -> None:
    long = LocalNames(people=("Quux " + "x" * local_names.NAME_CHARS_MAX,))
    assert kinds("Quux", long) == []


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("# a.b+c@firm.de", Kind.EMAIL, "a.b+c@firm.de"),
        ("'x.y@sub.firm.museum'", Kind.EMAIL, None),
        ('"x.y@sub.firm.museum"', Kind.EMAIL, "x.y@sub.firm.museum"),
        ("<q@firm.org>", Kind.EMAIL, "q@firm.org"),
        ("93.184.216.34", Kind.MACHINE, "93.184.216.34"),
        ("2a00:1450:4001:81b:0:0:0:200e", Kind.MACHINE, "2a00:1450:4001:81b:0:0:0:200e"),
        ("2a00:1450:4001::200e", Kind.MACHINE, "2a00:1450:4001::200e"),
        ("tel:+4930987612", Kind.PHONE, "+4930987612"),
        ("0049 30 1234567", Kind.PHONE, None),
        ("0049 30 9876543", Kind.PHONE, "0049 30 9876543"),
        ("Tel.: 030 9876543", Kind.PHONE, "030 9876543"),
        ("4539 5787 6362 1486", Kind.CARD, "4539 5787 6362 1486"),
        ("GB33BUKB20201555555555", Kind.IBAN, "GB33BUKB20201555555555"),
        ("DE75 5121 0800 1245 1261 99", Kind.IBAN, "DE75 5121 0800 1245 1261 99"),
        ("DE75 5121 0800 1245 1261 99 ABCD", Kind.IBAN, "DE75 5121 0800 1245 1261 99"),
        ("12 rue de la Paix", Kind.ADDRESS, "12 rue de la Paix"),
        ("Via Roma 7", Kind.ADDRESS, "Via Roma 7"),
        ("Lindenallee 3a", Kind.ADDRESS, "Lindenallee 3a"),
        ("/Users/mvandersloot/x", Kind.PATH, "/Users/mvandersloot/x"),
        (r"D:\Users\mvandersloot", Kind.PATH, r"D:\Users\mvandersloot"),
    ],
)
def test_forms(text: str, kind: Kind, found: str | None) -> None:
    assert kinds(text) == ([] if found is None else [(kind, found)])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "user@example.com",
            "git@github.com",
            "logo@2x.png",
            "react@18.2.0",
            "a @ b.T",
            "@dataclass",
        ),
        *("x@np.linalg.inv(y)", "me@host.test", "1@users.noreply.github.com", "a@yourdomain.com"),
        *("127.0.0.1", "10.1.2.3", "192.0.2.44", "8.8.8.8", "1.2.3.4", "2.5.29.41x", "256.1.1.1"),
        *("version 81.2.3.4", "224.0.0.251", "93.184.216.0", "93.184.216.34.5", "01.99.99.99"),
        *("2001:db8::1:2:3", "a::b::c::d", "dead:beef:0:1::1", "12:34:56:78", "1:2:3:4:5:6:7:8:9"),
        *("x + 12345678901", "+12345678901", "555-0123", "(212) 555-0199", "1234-567-8901"),
        *(
            "+1 555 0100 200",
            "Tel: 0123456",
            "5105105105105100",
            "1700000000000000",
            "4539578763621487",
        ),
        *(
            "4444444444444448",
            "0.4539578763621486",
            "DE89370400440532013000",
            "DE00370400440532013000",
        ),
        *(
            "XX75512108001245126199",
            "DE755121080012451261990",
            "51 Franklin Street",
            "3 Way",
            "step 1",
        ),
        *(
            "/home/user/x",
            "/Users/your-name/x",
            "/home/alice",
            "Roman 7",
            ":/x",
            ":\\",
            "GB33 BUKB",
        ),
    ],
)
def test_what_is_nobodys(text: str) -> None:
    assert kinds(text) == []


# --- judging and hiding

CODE = "from quillw import x  # ask quillw or a@firm.de\ny = 'Mark Rose'\n"
PROSE = ((CODE.index("#"), CODE.index("\n")), (CODE.index("'"), len(CODE) - 1))


def test_a_login_in_the_contexts_code_is_a_word_of_the_program() -> None:
    case = Case("python", "a.py", CODE, "z", "")
    hidden = personal.redact(case, PROSE, NAMES)
    assert hidden.case.prefix == "from quillw import x  # ask <NAME> or <EMAIL>\ny = '<NAME>'\n"
    assert [kind for _, _, kind in hidden.replaced] == [Kind.WORD, Kind.EMAIL, Kind.NAME]
    assert [hidden.case.whole[start:end] for start, end, _ in hidden.replaced] == [
        "<NAME>",
        "<EMAIL>",
        "<NAME>",
    ]
    assert hidden.prose is not None
    assert [hidden.case.whole[start:end] for start, end in hidden.prose] == [
        "# ask <NAME> or <EMAIL>",
        "'<NAME>'",
    ]
    assert personal.judge(hidden.case, hidden.prose, NAMES).finding is Finding.PASSED
    assert personal.judge(hidden.case, None, NAMES).cause is Cause.PERSONAL_NAME


def test_what_cannot_be_hidden_in_code_drops_the_sample() -> None:
    case = Case("python", "a.py", "mark_rose = 1\n", "z", "\n# b@firm.de\n")
    hidden = personal.redact(case, ((15, 27),), NAMES)
    assert (hidden.case.prefix, hidden.case.suffix) == (case.prefix, "\n# <EMAIL>\n")
    verdict = personal.judge(hidden.case, hidden.prose, NAMES)
    assert (verdict.cause, verdict.spans) == (Cause.PERSONAL_NAME, ((0, 9),))
    assert dict(verdict.facts) == {"name": 1}


def test_the_target_is_not_touched_and_its_cause_comes_first() -> None:
    case = Case("python", "a.py", "mark_rose\n# c@firm.de ", "d@firm.de", " e@firm.de")
    hidden = personal.redact(case, None, NAMES)
    assert hidden.case.target == case.target
    assert (hidden.case.prefix, hidden.case.suffix) == ("<NAME>\n# <EMAIL> ", " <EMAIL>")
    assert personal.judge(hidden.case, None, NAMES).cause is Cause.PERSONAL_EMAIL
    assert personal.judge(case, ((10, 30),), NAMES).cause is Cause.PERSONAL_EMAIL


def test_what_stands_around_an_empty_target_drops_it() -> None:
    case = Case("python", "a.py", "# a.b@fi", "", "rm.de\n")
    assert personal.redact(case, None, NOBODY).case == case
    assert personal.judge(case, None, NOBODY).cause is Cause.PERSONAL_EMAIL


def test_what_one_placeholder_sets_free_is_hidden_too() -> None:
    names = LocalNames(logins=("zorblax", "wibble"))
    prefix = "# zorblax@firm.dewibble zorblax\n"
    hidden = personal.redact(Case("python", "a.py", prefix, "x", ""), ((0, 31), (5, 31)), names)
    again = personal.redact(hidden.case, hidden.prose, names)
    assert again.case == hidden.case
    assert again.replaced == ()
    assert "zorblax" not in hidden.case.prefix


def test_hiding_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "ROUNDS_MAX", 1)
    hidden = personal.redact(Case("python", "a.py", "# a@firm.de\n", "x", ""), None, NOBODY)
    assert hidden.case.prefix == "# <EMAIL>\n"


def test_what_is_too_long_or_too_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    long = Case("python", "a.py", "x" * (scan.CASE_CHARS_MAX + 1), "", "")
    assert personal.judge(long, None, NOBODY).cause is Cause.TOO_LARGE
    with pytest.raises(TooMuchError):
        personal.redact(long, None, NOBODY)

    def late(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Scan, "each", late)
    assert personal.judge(Case("c", "a", "", "x", ""), None, NOBODY).cause is Cause.CRASHED


def test_every_kind_has_a_cause_and_a_placeholder_that_is_not_found() -> None:
    for kind in Kind:
        assert kind.cause.sentence
        assert kinds(f"x {kind.placeholder} y", NAMES) == []


def test_names_of_several_sources_are_joined() -> None:
    assert all_of([LocalNames(logins=("a", "b")), LocalNames(logins=("b",), hosts=("h",))]) == (
        LocalNames(logins=("a", "b"), hosts=("h",))
    )
