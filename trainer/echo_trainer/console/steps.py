"""Which command comes next, from how far a trainer is: for whoever has not done it before.

Left out: how far it is (`overview`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a trainer is."""

    has_keys: bool
    keys_are_over: bool
    admits: bool  # a token holds, or none is needed
    has_arrived: bool
    waiting: int  # bundles that were not opened
    open_wishes: int
    version: str  # the newest
    is_begun: bool  # the release repository
    has_drafts: bool
    expired: tuple[str, ...]  # roles whose word is over
    unplaced: tuple[str, ...]  # releases that nobody gets and that are not blocked
    run: str = ""  # the newest run, with what it lacks
    lacks: str = ""  # `shipped`, `verdict`, `release`, or nothing
    kind: str = ""


def next_steps(stand: Stand) -> list[str]:
    """Sentences with commands, the first thing first; none where all is done."""
    return [*_intake(stand), *_curation(stand), *_training(stand), *_releases(stand)]


def _intake(stand: Stand) -> Iterator[str]:
    if not stand.has_keys:
        yield "`echo-trainer keys create` makes the keys that clients seal for."
        return
    if stand.keys_are_over:
        yield "`echo-trainer keys rotate` renews the list of keys, which has expired."
    if not stand.admits:
        yield "`echo-trainer tokens create` lets a team’s machines in."
    if not stand.has_arrived:
        yield "`echo-trainer serve` takes in what is contributed."


def _curation(stand: Stand) -> Iterator[str]:
    if stand.open_wishes:
        wishes = "a wish" if stand.open_wishes == 1 else f"{stand.open_wishes} wishes"
        yield f"`echo-trainer curate` fulfils {wishes} to delete."
    if stand.waiting:
        bundles = "a bundle" if stand.waiting == 1 else f"{stand.waiting} bundles"
        yield f"`echo-trainer curate` opens {bundles} still to be curated."


def _training(stand: Stand) -> Iterator[str]:
    if stand.version and not stand.run:
        yield (
            f"`echo-trainer train --dataset {stand.version} --base NAME` trains on the newest "
            "version."
        )
    if stand.lacks == "shipped":
        yield f"`echo-trainer export {stand.run}` makes the files that clients would get."
    if stand.lacks == "verdict":
        yield f"`echo-trainer gate {stand.run} --form {stand.kind}` judges the file."


def _releases(stand: Stand) -> Iterator[str]:
    if stand.has_drafts:
        yield "A draft waits: `echo-trainer release keys sign`, `echo-trainer release keys finish`."
    if stand.lacks == "release" and not stand.is_begun and not stand.has_drafts:
        yield "`echo-trainer release init` begins the release repository."
    if stand.lacks == "release" and stand.is_begun:
        yield (
            f"`echo-trainer release publish --run {stand.run} --form {stand.kind} --name NAME` "
            "publishes what the gate let pass."
        )
    for name in stand.unplaced:
        yield f"`echo-trainer release promote {name} --percent 10` gives it to some."
    if {"snapshot", "timestamp"} & set(stand.expired):
        yield "`echo-trainer release refresh` signs anew what has expired; run it daily."
    if {"root", "targets"} & set(stand.expired):
        yield "`echo-trainer release keys renew` drafts root and targets for another year."
