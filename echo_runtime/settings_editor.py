"""The settings that an editor's user makes there: its section "echo", as JSON.

Left out: asking an editor for it (`echo_lsp.features.configuration`), what a setting does.

Rules
 - Only what the table gives to editors is looked at; an extension may keep more in its section.
 - A value that does not fit is left out, so that the others hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from echo_core.errors import InputError
from echo_core.records.wire import SettingValue
from echo_runtime.settings import Setting, Settings, every_setting, parsed


def editor_settings() -> list[Setting]:
    """What an editor may set."""
    return [each for each in every_setting() if each.about.get("editor")]


def said_by_editor(section: Mapping[str, object]) -> tuple[dict[str, SettingValue], list[str]]:
    """What `section` says, by full name, and the names of the values that do not fit.

    Null says nothing.
    """
    values: dict[str, SettingValue] = {}
    refused: list[str] = []
    for each in editor_settings():
        table, _, key = each.editor_name.partition(".")
        inside = section.get(table)
        value = inside.get(key) if isinstance(inside, Mapping) else None
        if value is None:
            continue
        try:
            parsed(each, value)
        except InputError:
            refused.append(each.full_name)
        else:
            values[each.full_name] = cast(SettingValue, value)
    return values, refused


def settings_of_editor(values: Mapping[str, SettingValue]) -> Settings:
    """The defaults, but for `values`, which stand by full name.

    Raises:
        InputError: an editor has no such setting, or the value does not fit.
    """
    known = {each.full_name: each for each in editor_settings()}
    settings = Settings()
    for name, value in values.items():
        if name not in known:
            raise InputError(f"an editor has no setting {name}; see docs/settings.md")
        each = known[name]
        table = replace(getattr(settings, each.table), **{each.name: parsed(each, value)})
        settings = cast(Settings, replace(cast(Any, settings), **{each.table: table}))
    return settings
