"""All of trainer.toml as one frozen value; the environment speaks last.

Left out: what the settings mean (one module a table), what a setting is (`echo_runtime.settings`).

Rules
 - Nothing has to be set. A name that is not known is an error that names what is.
 - `table.name` of the file is `ECHO_TRAINER_TABLE_NAME` in the environment, for containers: lists
   with commas between their entries, truth as true or false.
 - No password and no key is a setting: those come from where the libraries look for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from echo_core.errors import InputError
from echo_runtime.settings import Setting, every_setting
from echo_runtime.settings_file import parse_tables, read_document
from echo_runtime.settings_forms import table_of
from echo_trainer.home import CONFIG_NAME, HOME_VARIABLE, Home
from echo_trainer.settings.curation import CurationSettings
from echo_trainer.settings.gate import GateSettings
from echo_trainer.settings.intake import IntakeSettings
from echo_trainer.settings.storage import StorageSettings
from echo_trainer.settings.training import TrainingSettings

_PREFIX: Final = "ECHO_TRAINER_"


@dataclass(frozen=True, slots=True)
class TrainerSettings:
    """One table a field."""

    intake: IntakeSettings = IntakeSettings()  # noqa: RUF009 - it is frozen
    storage: StorageSettings = StorageSettings()  # noqa: RUF009 - it is frozen
    curation: CurationSettings = CurationSettings()  # noqa: RUF009 - it is frozen
    training: TrainingSettings = TrainingSettings()  # noqa: RUF009 - it is frozen
    gate: GateSettings = GateSettings()  # noqa: RUF009 - it is frozen


TABLES: Final[dict[str, type]] = {
    "intake": IntakeSettings,
    "storage": StorageSettings,
    "curation": CurationSettings,
    "training": TrainingSettings,
    "gate": GateSettings,
}


def trainer_settings() -> list[Setting]:
    """Every setting, in the order of the file."""
    return list(every_setting(TABLES, CONFIG_NAME))


def variable_of(setting: Setting) -> str:
    """What a setting is called in the environment."""
    return f"{_PREFIX}{setting.table}_{setting.name}".upper()


def load_settings(
    home: Home, environ: Mapping[str, str], sets: Mapping[str, str] | None = None
) -> TrainerSettings:
    """What file and environment say, then `sets`: settings for this once, by their full names.

    Raises:
        InputError: one of them says what is not known, or does not fit.
    """
    document: dict[str, Any] = read_document(home.config_file)
    known = {variable_of(each): each for each in trainer_settings()}
    for name, said in environ.items():
        if not name.startswith(_PREFIX) or name == HOME_VARIABLE:
            continue
        if name not in known:
            raise InputError(f"{name} is no setting: `echo-trainer settings` names them.")
        setting = known[name]
        table = document.setdefault(setting.table, {})
        if isinstance(table, dict):  # else the file is refused below
            table[setting.name] = _value(setting, said)
    named = {each.full_name: each for each in trainer_settings()}
    for name, said in (sets or {}).items():
        if name not in named:
            raise InputError(f"{name} is no setting: `echo-trainer settings` names them.")
        document.setdefault(named[name].table, {})[named[name].name] = _value(named[name], said)
    return TrainerSettings(**parse_tables(document, TABLES, CONFIG_NAME))


def trainer_page() -> list[str]:
    """docs/trainer-settings.md: what whoever runs a trainer may configure."""
    return [
        "# Settings of the trainer",
        "",
        "Nothing has to be set. What is set stands in `trainer.toml` of the trainer's home",
        "(`ECHO_TRAINER_HOME`), one table for each first part of a name, or in the environment",
        "under the name in the second column, which wins.",
        "",
        table_of(trainer_settings(), "in the environment", lambda each: f"`{variable_of(each)}`"),
    ]


def _value(setting: Setting, said: str) -> object:
    """A variable's text as TOML would hold it; what does not fit is refused with the rest."""
    if isinstance(setting.default, bool):
        return {"true": True, "false": False}.get(said.lower(), said)
    if isinstance(setting.default, int):
        return int(said) if said.removeprefix("-").isdecimal() and said.isascii() else said
    if isinstance(setting.default, tuple):
        return [each for part in said.split(",") if (each := part.strip())]
    return said
