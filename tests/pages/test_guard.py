"""Which requests are looked at at all."""

from __future__ import annotations

import pytest

from echo_pages.guard import POLICY, Refusal, refusal

PORT = 4711
HOST = f"127.0.0.1:{PORT}"
OURS = f"http://{HOST}"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("GET", {"sec-fetch-site": "none"}),
        ("GET", {"sec-fetch-site": "same-origin"}),
        ("GET", {"host": f"localhost:{PORT}"}),
        ("GET", {"host": f"LOCALHOST:{PORT}"}),
        ("GET", {"origin": OURS}),
        ("POST", {"origin": OURS}),
        ("POST", {"origin": OURS, "sec-fetch-site": "same-origin"}),
        ("POST", {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}),
    ],
)
def test_what_a_person_and_our_pages_ask_is_answered(method: str, headers: dict[str, str]) -> None:
    assert refusal(method, {"host": HOST, **headers}, PORT) is None


@pytest.mark.parametrize(
    ("method", "headers", "why"),
    [
        # A name that was made to point here.
        ("GET", {"host": f"evil.example:{PORT}"}, Refusal.HOST),
        ("GET", {"host": "127.0.0.1"}, Refusal.HOST),
        ("GET", {"host": f"127.0.0.1:{PORT + 1}"}, Refusal.HOST),
        ("GET", {"host": f"127.0.0.1.evil.example:{PORT}"}, Refusal.HOST),
        ("GET", {"host": f"{HOST}, {HOST}"}, Refusal.HOST),
        ("GET", {"host": f"[::1]:{PORT}"}, Refusal.HOST),  # nobody listens there: another may
        ("GET", {"host": ""}, Refusal.HOST),
        # Another origin's page, script or frame.
        ("POST", {}, Refusal.ORIGIN),
        ("POST", {"origin": "null"}, Refusal.ORIGIN),
        ("POST", {"origin": "http://evil.example"}, Refusal.ORIGIN),
        ("POST", {"origin": f"https://{HOST}"}, Refusal.ORIGIN),
        ("POST", {"origin": f"http://127.0.0.1:{PORT + 1}"}, Refusal.ORIGIN),
        ("POST", {"origin": f"http://localhost:{PORT}"}, Refusal.ORIGIN),  # not what Host says
        ("GET", {"origin": "http://evil.example"}, Refusal.ORIGIN),
        ("GET", {"sec-fetch-site": "cross-site"}, Refusal.SITE),
        ("GET", {"sec-fetch-site": "same-site"}, Refusal.SITE),  # another port of this machine
        ("GET", {"sec-fetch-site": "none, none"}, Refusal.SITE),
        ("POST", {"origin": OURS, "sec-fetch-site": "none"}, Refusal.SITE),
        ("POST", {"origin": OURS, "sec-fetch-site": "same-site"}, Refusal.SITE),
        ("GET", {"sec-purpose": "prefetch;prerender"}, Refusal.PREFETCH),
        ("GET", {"purpose": "prefetch"}, Refusal.PREFETCH),
        ("OPTIONS", {}, Refusal.METHOD),
        ("PUT", {"origin": OURS}, Refusal.METHOD),
        ("CONNECT", {}, Refusal.METHOD),
    ],
)
def test_everything_else_is_refused(method: str, headers: dict[str, str], why: Refusal) -> None:
    assert refusal(method, {"host": HOST, **headers}, PORT) is why


def test_a_refusal_says_what_it_is() -> None:
    assert {each.status for each in Refusal} == {403, 405, 421}
    assert all(each.sentence.endswith(".") for each in Refusal)


def test_pages_may_load_nothing_from_elsewhere_and_run_nothing() -> None:
    assert POLICY.startswith("default-src 'none'; ")
    assert "script-src" not in POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
