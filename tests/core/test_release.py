"""Releases: manifests, channels, names, who gets what, what a client does, when it goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import InputError
from echo_core.release import channel, choice, metadata, naming
from echo_core.release.channel import PARTS, Arm, Block, Channel, Experiment, Rollout
from echo_core.release.choice import BASE, Client, Move, Offer, Refusal, choose
from echo_core.release.metadata import Kind, Manifest, TooNewError
from echo_core.release.naming import Named

HERE = "a" * 64
MANIFEST = Manifest(
    release="r1",
    kind=Kind.ADAPTER,
    base="base",
    base_sha256=HERE,
    architecture="qwen2",
    bytes=10,
    sha256="c" * 64,
    dataset_sha256="d" * 64,
    gate_sha256="e" * 64,
    engine_min="0.3.36",
)
CLIENT = Client(identity="i", base_sha256=HERE, engine="0.3.36", bytes_max=100)
RELEASES = ("r1", "r2", "r3")


def manifest(release: str) -> Manifest:
    return replace(MANIFEST, release=release)


def offer(found: Manifest) -> Offer:
    return Offer(found, bytes=found.bytes, sha256=found.sha256)


OFFERS = {release: offer(manifest(release)) for release in RELEASES}


def everybody(*releases: str, blocked: tuple[str, ...] = ()) -> Channel:
    rollouts = tuple(Rollout(release, f"s{release}", PARTS) for release in releases)
    return Channel("stable", rollouts, (), tuple(Block(each, "bad") for each in blocked))


# --- manifests and names ------------------------------------------------------------------------


def test_a_manifest_comes_back_as_it_was_written() -> None:
    table = json.loads(json.dumps(metadata.written(MANIFEST)))
    assert metadata.read(table) == MANIFEST
    assert metadata.read({**table, "later": 1}) == MANIFEST
    assert MANIFEST.target == "models/r1.gguf"
    assert channel.target_of("stable") == "channels/stable.json"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("release", "../evil"),
        ("release", 7),
        ("kind", "other"),
        ("kind", None),
        ("bytes", 0),
        ("bytes", True),
        ("bytes", 1 << 60),
        ("sha256", "C" * 64),
        ("engine_min", "new"),
        ("format", 0),
        ("format", "1"),
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused(field: str, value: object) -> None:
    with pytest.raises(InputError):
        metadata.read({**metadata.written(MANIFEST), field: value})


def test_what_is_no_manifest_or_a_later_one() -> None:
    with pytest.raises(InputError):
        metadata.read(None)
    with pytest.raises(TooNewError):
        metadata.read({"format": metadata.FORMAT + 1, "kind": "hologram"})


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0.3.36", (0, 3, 36)),
        ("1.0", (1,)),
        ("1.2rc1", (1, 2)),
        ("new", ()),
        ("0.3.9+cu", (0, 3, 9)),
    ],
)
def test_versions_are_compared_by_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert metadata.version(text) == numbers


@pytest.mark.parametrize(
    ("named", "text"),
    [
        (Named("m"), "m"),
        (Named("m", "r"), "m+r"),
        (Named("m", "r", "e.a"), "m+r@e.a"),
        (Named("m", "", "e.a"), "m@e.a"),
        (Named(""), ""),
    ],
)
def test_the_name_of_what_answered(named: Named, text: str) -> None:
    assert naming.written(named) == text
    assert naming.read(text) == named


# --- channels -----------------------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
parts = st.integers(0, PARTS)


@st.composite
def channels(draw: st.DrawFn) -> Channel:
    releases = st.sampled_from(RELEASES)
    rollouts = draw(
        st.lists(
            st.builds(Rollout, releases, names, parts),
            max_size=3,
            unique_by=lambda each: each.release,
        )
    )
    arm_names = draw(st.lists(names, max_size=3, unique=True))
    arms = tuple(
        Arm(name, draw(st.sampled_from(("", *RELEASES))), PARTS // 3) for name in arm_names
    )
    experiments = (Experiment("e", draw(names), arms),) if draw(st.booleans()) else ()
    blocked = draw(st.lists(releases, max_size=2, unique=True))
    return Channel(
        "stable", tuple(rollouts), experiments, tuple(Block(each, "it was bad") for each in blocked)
    )


@given(channels())
def test_a_channel_comes_back_as_it_was_written(found: Channel) -> None:
    assert channel.read(channel.written(found)) == found


GOOD = json.loads(channel.written(everybody("r1", blocked=("r0",))))
TWICE = [{"release": "r1", "salt": "s", "parts": 1}] * 2
ARMS = [{"name": n, "release": "", "parts": PARTS} for n in "ab"]


@pytest.mark.parametrize(
    "content",
    [
        b"no",
        b"[]",
        b"[" * 100_000,
        b" " * (channel.CHANNEL_BYTES_MAX + 1),
        json.dumps({**GOOD, "rollouts": 7}).encode(),
        json.dumps({**GOOD, "rollouts": [7]}).encode(),
        json.dumps({**GOOD, "rollouts": TWICE}).encode(),
        json.dumps({**GOOD, "rollouts": TWICE[:1] * 17}).encode(),
        json.dumps({**GOOD, "rollouts": [{"release": "r1", "salt": "\n", "parts": 1}]}).encode(),
        json.dumps({**GOOD, "rollouts": [{"release": "r1", "salt": "s", "parts": 0.5}]}).encode(),
        json.dumps({**GOOD, "channel": ""}).encode(),
        json.dumps({**GOOD, "experiments": [{"name": "e", "salt": "s", "arms": ARMS}]}).encode(),
        json.dumps({"channel": "stable"}).encode(),
    ],
)
def test_what_is_no_channel_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        channel.read(content)


def test_a_channel_of_a_later_format() -> None:
    with pytest.raises(TooNewError):
        channel.read(b'{"format": 2}')


def test_buckets_are_even_and_depend_on_both() -> None:
    drawn = [channel.bucket("salt", str(number)) for number in range(20_000)]
    tenth = sum(each < PARTS // 10 for each in drawn)
    assert 1_800 < tenth < 2_200
    assert 0 <= min(drawn) < max(drawn) < PARTS
    assert channel.bucket("other", "1") != channel.bucket("salt", "1")


@given(st.text(max_size=8), st.text(max_size=8), parts, parts)
def test_whoever_is_in_a_rollout_stays_in_when_it_grows(
    salt: str, identity: str, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    few = Channel("c", (Rollout("r1", salt, low),))
    many = Channel("c", (Rollout("r1", salt, high),))
    assert set(channel.offered(few, identity)) <= set(channel.offered(many, identity))


def test_sides_share_out_the_buckets() -> None:
    arms = (Arm("a", "r1", PARTS // 4), Arm("b", "", PARTS // 4))
    found = Channel("c", (), (Experiment("e", "s", arms),))
    sides = [channel.side(found, str(number)) for number in range(4_000)]
    for arm in arms:
        assert 850 < sum(side is not None and side[1] == arm for side in sides) < 1_150
    assert 1_800 < sum(side is None for side in sides) < 2_200
    assert found.releases() == ("r1",)


# --- choosing -----------------------------------------------------------------------------------

CASES: list[tuple[str, Client, Channel, dict[str, Offer], choice.Choice]] = [
    ("take", CLIENT, everybody("r1"), OFFERS, choice.Choice(Move.TAKE, "r1")),
    (
        "stay",
        replace(CLIENT, current="r1"),
        everybody("r1"),
        OFFERS,
        choice.Choice(Move.STAY, "r1"),
    ),
    (
        "back to what was here",
        replace(CLIENT, current="r2", before="r1"),
        everybody("r1", blocked=("r2",)),
        OFFERS,
        choice.Choice(Move.BACK, "r1"),
    ),
    (
        "back to the model as it was pulled",
        replace(CLIENT, current="r1"),
        everybody(),
        OFFERS,
        choice.Choice(Move.BACK, BASE),
    ),
    (
        "refuse, and stay",
        replace(CLIENT, current="r1", failed=frozenset({"r2"})),
        everybody("r2", "r1"),
        OFFERS,
        choice.Choice(Move.REFUSE, "r1", "", {"r2": Refusal.FAILED}),
    ),
    (
        "pinned",
        replace(CLIENT, current="r1", pinned="r1"),
        everybody("r2"),
        {},
        choice.Choice(Move.STAY, "r1"),
    ),
    (
        "pinned to the model as it was pulled",
        replace(CLIENT, current="r1", pinned=BASE),
        everybody("r2"),
        OFFERS,
        choice.Choice(Move.BACK, BASE),
    ),
    (
        "pinned, and it failed here",
        replace(CLIENT, pinned="r1", failed=frozenset({"r1"})),
        everybody("r2"),
        OFFERS,
        choice.Choice(Move.TAKE, "r1"),
    ),
    (
        "pinned, and blocked",
        replace(CLIENT, current="r1", pinned="r1"),
        everybody("r2", blocked=("r1",)),
        OFFERS,
        choice.Choice(Move.TAKE, "r2", "", {"r1": Refusal.BLOCKED}),
    ),
    (
        "on a side",
        CLIENT,
        replace(everybody("r1"), experiments=(Experiment("e", "s", (Arm("new", "r2", PARTS),)),)),
        OFFERS,
        choice.Choice(Move.TAKE, "r2", "e.new"),
    ),
]


@pytest.mark.parametrize(
    ("client", "said", "offers", "expected"),
    [c[1:] for c in CASES],
    ids=[case[0] for case in CASES],
)
def test_what_a_client_does(
    client: Client, said: Channel, offers: dict[str, Offer], expected: choice.Choice
) -> None:
    assert choose(client, said, offers) == expected


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda m: replace(m, base_sha256="f" * 64), Refusal.OTHER_BASE),
        (lambda m: replace(m, engine_min="0.4"), Refusal.ENGINE),
        (lambda m: replace(m, bytes=101), Refusal.TOO_LARGE),
        (lambda m: replace(m, release="r9"), Refusal.OTHER_FILE),
    ],
)
def test_why_a_manifest_does_not_fit(
    change: Callable[[Manifest], Manifest], refusal: Refusal
) -> None:
    found = choose(CLIENT, everybody("r1"), {"r1": offer(change(MANIFEST))})
    assert found.refused == {"r1": refusal}
    assert found.goal == BASE


def test_a_manifest_for_another_file_and_none_at_all() -> None:
    foreign = replace(offer(MANIFEST), sha256="f" * 64)
    assert choose(CLIENT, everybody("r1"), {"r1": foreign}).refused == {"r1": Refusal.OTHER_FILE}
    assert choose(CLIENT, everybody("r1"), {}).refused == {"r1": Refusal.MISSING}
    broken = Offer(problem=Refusal.TOO_NEW)
    assert choose(CLIENT, everybody("r1"), {"r1": broken}).refused == {"r1": Refusal.TOO_NEW}


clients = st.builds(
    Client,
    identity=names,
    base_sha256=st.sampled_from((HERE, "f" * 64, "")),
    engine=st.sampled_from(("0.3.36", "0.2")),
    bytes_max=st.sampled_from((5, 100)),
    current=st.sampled_from(("", *RELEASES)),
    before=st.sampled_from(("", *RELEASES)),
    pinned=st.sampled_from((None, "", *RELEASES)),
    failed=st.frozensets(st.sampled_from(RELEASES)),
)
offerings = st.dictionaries(
    st.sampled_from(RELEASES),
    st.sampled_from((*OFFERS.values(), Offer(), Offer(problem=Refusal.MALFORMED))),
)


@given(clients, channels(), offerings)
def test_there_is_always_an_answer_and_doing_it_twice_is_doing_it_once(
    client: Client, said: Channel, offers: dict[str, Offer]
) -> None:
    first = choose(client, said, offers)
    assert said.block_of(first.goal) is None
    assert first.goal not in first.refused
    if first.goal in client.failed:
        assert client.pinned == first.goal
    done = replace(client, current=first.goal, before=client.current)
    second = choose(done, said, offers)
    assert (second.goal, second.arm, second.refused) == (first.goal, first.arm, first.refused)
    assert second.move in (Move.STAY, Move.REFUSE)
    assert (first.move in (Move.STAY, Move.REFUSE)) == (first.goal == client.current)
