"""What can be done on the pages: what a command does, shown before it is done.

    plan      what would change, and the command that does the same; changes nothing
    carry_out the same, if nothing has changed since it was shown

Left out: forms and pages (`reading`, `templates`).

Rules
 - What is done is done by the service that the command asks. Done twice it is done once.
 - A passphrase never passes a browser: what signs is done here only where the console was started
   with one; otherwise the plan is shown with the command for a terminal.
 - What was shown is what is done: the form brings back a digest of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from echo_core.errors import InputError, TrainerError
from echo_core.release.channel import PARTS
from echo_core.release.metadata import is_name
from echo_trainer.console.parts import Parts
from echo_trainer.console.releases import missing_keys
from echo_trainer.release import publishing
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.tables import tokens

Fields = Mapping[str, str]
Work = Callable[[ReleaseRepository], None]
NOTHING: Final = "Nothing to do: it is so already."
_REASON_CHARS_MAX: Final = 200  # as a channel takes it
_SIGNS: Final = (
    "The console was started without a passphrase, so it signs nothing: type the command at a "
    "terminal, or start `echo-trainer console --keyring`."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a form would do."""

    name: str
    fields: Fields  # as they were given, for the form that confirms
    command: str
    says: tuple[str, ...]  # what would change; nothing where it is so already
    back: str  # the page to go to afterwards
    hindrance: str = ""  # why it cannot be done here

    @property
    def digest(self) -> str:
        """What was shown."""
        return sha256("\n".join((self.name, self.command, *self.says)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form, understood."""

    command: tuple[str, ...]
    back: str
    work: Work | None = None  # on the release repository
    token: str = ""  # to be revoked


@dataclass(frozen=True, slots=True)
class _Deed:
    """One kind of form: which fields it has, and what they mean."""

    ask: Callable[[Fields], _Asked]
    fields: tuple[str, ...] = field(default=())


def plan(parts: Parts, name: str, given: Fields) -> Plan:
    """What a form would do.

    Raises:
        InputError: there is no such form, or a field does not fit.
        TrainerError: it cannot be done, and why.
    """
    deed = _DEEDS.get(name)
    if deed is None:
        raise InputError("There is no such page.")
    fields = {each: given.get(each, "").strip() for each in deed.fields}
    asked = deed.ask(fields)
    options = parts.signing.options if asked.work is not None else ()
    command = shlex.join(("echo-trainer", *asked.command, *options))
    if asked.work is None:
        says, hindrance = _token_says(parts, asked.token), ""
    else:
        repository = parts.signing.look()
        asked.work(repository)
        says, hindrance = tuple(repository.commit()), _hindrance(parts)
    return Plan(name, fields, command, says, asked.back, hindrance)


def carry_out(parts: Parts, name: str, given: Fields) -> tuple[Plan, str]:
    """Do what was shown; the sentence that says what was done.

    Raises:
        InputError: it is no longer what was shown, or a field does not fit.
        TrainerError: it cannot be done, and why.
    """
    found = plan(parts, name, given)
    if not found.says:
        return found, NOTHING
    if given.get("shown") != found.digest:
        raise InputError("Something has changed since it was shown: look at it again.")
    if found.hindrance:
        raise TrainerError(found.hindrance)
    asked = _DEEDS[name].ask(found.fields)
    if asked.work is not None and parts.signing.change is not None:
        repository = parts.signing.change()
        asked.work(repository)
        return found, " ".join(f"{each}." for each in repository.commit())
    _revoke(parts, asked.token)
    return found, " ".join(found.says)


def back_of(name: str, given: Fields) -> str:
    """The page that a form stands on.

    Raises:
        InputError: there is no such form.
    """
    if name not in _DEEDS:
        raise InputError("There is no such page.")
    release = given.get("release", "")
    if name in ("promote", "block") and is_name(release):
        return f"/releases/{release}"
    return "/tokens" if name == "revoke" else "/channels"


def _hindrance(parts: Parts) -> str:
    missing = missing_keys(parts, parts.signing.look())
    if missing:
        return f"The keys that sign {', '.join(missing)} do not lie here: go where they are."
    return "" if parts.signing.change is not None else _SIGNS


# --- tokens -------------------------------------------------------------------------------------


def _token_says(parts: Parts, identity: str) -> tuple[str, ...]:
    rows = parts.read(tokens.listed) or []
    found = next((one for one in rows if one.id == identity), None)
    if found is None:
        raise InputError("There is no token of that id: `echo-trainer tokens list` names them.")
    if found.revoked:
        return ()
    return (f"The token {found.id} admits nobody any more; intake notices within seconds.",)


def _revoke(parts: Parts, identity: str) -> None:
    database = parts.database()
    if database is not None:
        with database.begin() as connection:
            tokens.revoke(connection, identity, parts.today.isoformat())


# --- what the forms mean ------------------------------------------------------------------------


def _name(fields: Fields, name: str) -> str:
    if not is_name(fields[name]):
        raise InputError(f"Say which {name}.")
    return fields[name]


def _percent(fields: Fields) -> tuple[str, int]:
    try:
        percent = float(fields["percent"])
    except ValueError as error:
        raise InputError("Say how many percent: a number from 0 to 100.") from error
    if not 0 <= percent <= 100:
        raise InputError("Say how many percent: a number from 0 to 100.")
    return f"{percent:g}", round(percent * PARTS / 100)


def _reason(fields: Fields) -> str:
    reason = fields["reason"]
    if not 0 < len(reason) <= _REASON_CHARS_MAX or not reason.isprintable():
        raise InputError("Say why, in one line: people are shown it.")
    return reason


def _promote(fields: Fields) -> _Asked:
    name, channel = _name(fields, "release"), _name(fields, "channel")
    percent, share = _percent(fields)
    return _Asked(
        ("release", "promote", name, "--channel", channel, "--percent", percent),
        "/channels",
        lambda it: publishing.promote(it, name, channel, share),
    )


def _rollout(fields: Fields) -> _Asked:
    name, channel = _name(fields, "release"), _name(fields, "channel")
    percent, share = _percent(fields)
    return _Asked(
        ("release", "rollout", percent, "--channel", channel, "--release", name),
        "/channels",
        lambda it: publishing.rollout(it, channel, share, name),
    )


def _rollback(fields: Fields) -> _Asked:
    name, channel, reason = _name(fields, "release"), _name(fields, "channel"), _reason(fields)
    return _Asked(
        ("release", "rollback", name, "--channel", channel, "--reason", reason),
        "/channels",
        lambda it: publishing.rollback(it, channel, name, reason),
    )


def _block(fields: Fields) -> _Asked:
    name, reason = _name(fields, "release"), _reason(fields)
    return _Asked(
        ("release", "block", name, "--reason", reason),
        f"/releases/{name}",
        lambda it: publishing.block(it, name, reason),
    )


def _revoke_token(fields: Fields) -> _Asked:
    identity = _name(fields, "token")
    return _Asked(("tokens", "revoke", identity), "/tokens", token=identity)


_DEEDS: Final[Mapping[str, _Deed]] = {
    "promote": _Deed(_promote, ("release", "channel", "percent")),
    "rollout": _Deed(_rollout, ("release", "channel", "percent")),
    "rollback": _Deed(_rollback, ("release", "channel", "reason")),
    "block": _Deed(_block, ("release", "reason")),
    "revoke": _Deed(_revoke_token, ("token",)),
}
