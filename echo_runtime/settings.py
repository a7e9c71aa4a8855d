"""The user's settings: config.toml as one frozen value; and what any such table is made of.

Left out: where the file lies (`profile`), who acts on a setting, what the user consented to
(that is never a setting), reading the file (`settings_file`), what an editor says
(`settings_editor`), the forms in which others read this table (`settings_forms`).

Rules
 - Nothing has to be set; every field has a default.
 - A key that is not known or has the wrong type is an error that names the key and the remedy:
   a misspelt setting that does nothing is worse than one that stops.
 - Default, unit, effect and bounds stand in the field's metadata, and nowhere else.
 - A name is written_so in config.toml and writtenSo in an editor, and means the same; only those
   whose metadata says `editor` exist there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypedDict, cast

from echo_core import limits
from echo_core.completion.gate import Eagerness
from echo_core.errors import InputError
from echo_runtime.globs import Globs
from echo_runtime.settings_distill import DistillSettings
from echo_runtime.settings_sharing import SharingSettings
from echo_runtime.settings_teacher import TeacherSettings
from echo_runtime.settings_updates import UpdatesSettings


class About(TypedDict, total=False):
    """What a field's metadata says of it."""

    unit: str
    effect: str
    minimum: int
    maximum: int
    choices: tuple[str, ...]
    chars_max: int  # of any text; such a setting has no choices
    editor: bool  # an editor may say it too, for its own window
    globs: bool  # a list of patterns as in .gitignore


def _about(about: About) -> dict[str, object]:
    return dict(about)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The worker that runs the model."""

    command: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            {
                "unit": "program and arguments",
                "effect": "Started instead of Echo's own engine worker; empty: Echo's own.",
            }
        ),
    )
    threads: int = field(
        default=0,
        metadata=_about(
            {
                "unit": "threads",
                "effect": "Threads that compute; 0: one for each physical core.",
                "minimum": 0,
                "maximum": 1024,
            }
        ),
    )
    gpu_layers: int = field(
        default=-1,
        metadata=_about(
            {
                "unit": "layers",
                "effect": "Layers that are put on the GPU, where there is one; -1: all that fit.",
                "minimum": -1,
                "maximum": 10_000,
            }
        ),
    )
    context_tokens: int = field(
        default=8192,
        metadata=_about(
            {
                "unit": "tokens",
                "effect": "Room for the prompts and answers of the last few places, together; "
                "more takes more memory.",
                "minimum": 512,
                "maximum": 131_072,
            }
        ),
    )
    idle_minutes: int = field(
        default=20,
        metadata=_about(
            {
                "unit": "minutes",
                "effect": "The model's memory is given back after so long without a request; "
                "0: never.",
                "minimum": 0,
                "maximum": 10_080,
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """What is offered, and when."""

    enabled: bool = field(
        default=True,
        metadata=_about({"unit": "", "effect": "Offer completions at all.", "editor": True}),
    )
    tokens_max: int = field(
        default=limits.COMPLETION_TOKENS_MAX,
        metadata=_about(
            {
                "unit": "tokens",
                "effect": "The longest proposal.",
                "minimum": 1,
                "maximum": 512,
            }
        ),
    )
    deadline_ms: int = field(
        default=limits.COMPLETION_DEADLINE_MS,
        metadata=_about(
            {
                "unit": "milliseconds",
                "effect": "A request that takes longer ends with what there is.",
                "minimum": 50,
                "maximum": limits.COMPLETION_DEADLINE_MS_MAX,
            }
        ),
    )
    context_budget_tokens: int = field(
        default=limits.CONTEXT_TOKENS,
        metadata=_about(
            {
                "unit": "tokens",
                "effect": "How much a model is shown besides the text around the cursor: imports "
                "and signatures of the file, and from 400 on other places that you were at; 0: "
                "nothing.",
                "minimum": 0,
                "maximum": limits.CONTEXT_TOKENS_MAX,
            }
        ),
    )
    disabled_languages: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            {
                "unit": "language identifiers of LSP",
                "effect": "No completions in documents of these languages.",
                "editor": True,
            }
        ),
    )
    disabled_globs: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            {
                "unit": "patterns as in .gitignore",
                "effect": "No completions in files whose path inside the workspace fits, such as "
                "`secrets/` or `*.min.js`.",
                "editor": True,
                "globs": True,
            }
        ),
    )
    in_commit_messages: bool = field(
        default=False,
        metadata=_about(
            {
                "unit": "",
                "effect": "Offer something in commit messages too, not only when asked by hand.",
                "editor": True,
            }
        ),
    )
    silence_in_comments: bool = field(
        default=False,
        metadata=_about(
            {
                "unit": "",
                "effect": "Offer nothing in comments, except when asked by hand.",
                "editor": True,
            }
        ),
    )
    silence_in_strings: bool = field(
        default=False,
        metadata=_about(
            {
                "unit": "",
                "effect": "Offer nothing in strings, except when asked by hand.",
                "editor": True,
            }
        ),
    )
    eagerness: str = field(
        default="normal",
        metadata=_about(
            {
                "unit": "",
                "effect": "How sure Echo is before it offers something unasked: calm offers what "
                "is likely to be taken, eager nearly everything.",
                "choices": tuple(Eagerness),
                "editor": True,
            }
        ),
    )
    look_ahead: bool = field(
        default=True,
        metadata=_about(
            {
                "unit": "",
                "effect": "While the engine is idle, write what would follow if the proposal were "
                "accepted; costs power.",
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The encrypted store of what was recorded."""

    key: str = field(
        default="auto",
        metadata=_about(
            {
                "unit": "",
                "effect": "Where the store's key is kept: the system's keyring, a key file that "
                "only you can read, or the first of the two that works.",
                "choices": ("auto", "keyring", "file"),
            }
        ),
    )
    keep_days: int = field(
        default=30,
        metadata=_about(
            {
                "unit": "days",
                "effect": "Recorded events leave the store after so long; samples stay.",
                "minimum": 1,
                "maximum": 3650,
            }
        ),
    )
    keep_bytes: int = field(
        default=1 << 30,
        metadata=_about(
            {
                "unit": "bytes",
                "effect": "A larger store lets its oldest events go, and when none are left that "
                "are older than an hour, its oldest samples.",
                "minimum": 1 << 20,
                "maximum": 1 << 40,
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Echo's own logs; they never hold source text."""

    level: str = field(
        default="info",
        metadata=_about(
            {
                "unit": "",
                "effect": "The least important line that is written.",
                "choices": ("debug", "info", "warning", "error"),
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All of config.toml; one table a field."""

    engine: EngineSettings = EngineSettings()
    completion: CompletionSettings = CompletionSettings()
    store: StoreSettings = StoreSettings()
    sharing: SharingSettings = SharingSettings()  # noqa: RUF009 - it is frozen
    teacher: TeacherSettings = TeacherSettings()  # noqa: RUF009 - it is frozen
    distill: DistillSettings = DistillSettings()  # noqa: RUF009 - it is frozen
    updates: UpdatesSettings = UpdatesSettings()  # noqa: RUF009 - it is frozen
    log: LogSettings = LogSettings()


CONFIG: Final = "config.toml"
TABLES: Final[dict[str, type]] = {
    "engine": EngineSettings,
    "completion": CompletionSettings,
    "store": StoreSettings,
    "sharing": SharingSettings,
    "teacher": TeacherSettings,
    "distill": DistillSettings,
    "updates": UpdatesSettings,
    "log": LogSettings,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    table: str
    name: str
    default: object
    about: About
    file: str = CONFIG  # what an error calls the file

    @property
    def full_name(self) -> str:
        """As config.toml's reader names it: `completion.tokens_max`."""
        return f"{self.table}.{self.name}"

    @property
    def editor_name(self) -> str:
        """As an editor names it inside its section: `completion.tokensMax`."""
        first, *others = self.name.split("_")
        return ".".join((self.table, first + "".join(map(str.capitalize, others))))


def every_setting(tables: Mapping[str, type] = TABLES, file: str = CONFIG) -> Iterator[Setting]:
    """A whole table, in the order of its file; that of config.toml unless another is named."""
    for table, kind in tables.items():
        for each in fields(cast(Any, kind)):
            yield Setting(table, each.name, each.default, cast(About, each.metadata), file)


def changed(settings: Settings) -> dict[str, object]:
    """What in `settings` is not the default, by full name."""
    found = ((each, getattr(getattr(settings, each.table), each.name)) for each in every_setting())
    return {each.full_name: value for each, value in found if value != each.default}


def parsed(setting: Setting, value: object) -> object:
    """`value`, as TOML or JSON has it, as `setting` holds it.

    Raises:
        InputError: it does not fit.
    """
    default, about = setting.default, setting.about
    key = f"{setting.file}: {setting.full_name}"
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise InputError(f"{key} is true or false")
    elif isinstance(default, int):
        low, high = about["minimum"], about["maximum"]
        if type(value) is not int or not low <= value <= high:
            raise InputError(f"{key} is a whole number from {low} to {high}")
    elif isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise InputError(f'{key} is a list of texts, such as ["a", "b"]')
        if about.get("globs") and not Globs(tuple(value)).well_formed:
            raise InputError(f"{key} holds what is no pattern of .gitignore")
        return tuple(value)
    elif "chars_max" in about:
        if not isinstance(value, str) or len(value) > about["chars_max"]:
            raise InputError(f"{key} is a text of up to {about['chars_max']} characters")
    elif not isinstance(value, str) or value not in about["choices"]:
        raise InputError(f"{key} is one of {', '.join(about['choices'])}")
    return value
