"""The table of settings as others read it: a Markdown table, and VS Code's `configuration`.

Left out: what is in the table (`settings`), where the results lie (docs/generate.py).

Rules
 - Nothing about a setting is said here that is not said there.
 - An editor's settings hold for a window: the language server asks for its section once, not for
   each folder or language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from echo_runtime.settings import Setting, every_setting
from echo_runtime.settings_editor import editor_settings


def settings_page() -> list[str]:
    """docs/settings.md: what a person may configure."""
    return [
        "# Settings",
        "",
        "Nothing has to be set. What is set stands in `config.toml` of your profile, one table",
        "for each first part of a name (`engine.threads` is `threads` under `[engine]`).",
        "On Linux that is `~/.config/echo-completion/config.toml`, on macOS",
        "`~/Library/Application Support/echo-completion/config.toml`; where `ECHO_HOME` is set,",
        "`config.toml` in that folder. What you consented to is not a setting.",
        "",
        "Where the second column holds a name, an editor may set the same for its own window, in",
        "its section `echo`. What is set there holds there; a value that is the default leaves it",
        "to `config.toml`, because editors send also what nobody touched. VS Code's list of them,",
        "`editor-client/vscode/configuration.json`, is made from the same table.",
        "",
        table_of(
            every_setting(),
            "in an editor",
            lambda each: f"`echo.{each.editor_name}`" if each.about.get("editor") else "",
        ),
    ]


def table_of(settings: Iterable[Setting], elsewhere: str, name: Callable[[Setting], str]) -> str:
    """A table of settings; its second column says what each is called `elsewhere`."""
    rows = list(settings)
    file = rows[0].file if rows else ""
    lines = [
        f"| in {file} | {elsewhere} | type | default | unit | bounds | effect |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in rows:
        bounds = ", ".join(each.about.get("choices", ()))
        if "minimum" in each.about:
            bounds = f"{each.about['minimum']} to {each.about['maximum']}"
        lines.append(
            f"| `{each.full_name}` | {name(each)} | {_kind(each)[0]} | `{as_toml(each.default)}` "
            f"| {each.about['unit']} | {bounds} | {each.about['effect']} |"
        )
    return "\n".join(lines) + "\n"


def vscode_configuration() -> dict[str, object]:
    """`contributes.configuration` of a VS Code extension: a title, and one schema a setting."""
    schemas = {
        f"echo.{each.editor_name}": _schema(each, order)
        for order, each in enumerate(editor_settings())
    }
    return {"title": "Echo", "properties": schemas}


def as_toml(value: object) -> str:
    """A setting's value as config.toml writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _schema(setting: Setting, order: int) -> dict[str, object]:
    about = setting.about
    unit = f" Unit: {about['unit']}." if about["unit"] else ""
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    schema: dict[str, object] = {
        "type": _kind(setting)[1],
        "default": default,
        "markdownDescription": f"{about['effect']}{unit}",
        "scope": "window",
        "order": order,
    }
    if isinstance(default, list):
        schema |= {"items": {"type": "string"}, "uniqueItems": True}
    if "choices" in about:
        schema["enum"] = list(about["choices"])
    if "minimum" in about:
        schema |= {"minimum": about["minimum"], "maximum": about["maximum"]}
    return schema


def _kind(setting: Setting) -> tuple[str, str]:
    """What it is: for a person, and in JSON Schema."""
    match setting.default:
        case bool():
            return "true or false", "boolean"
        case int():
            return "whole number", "integer"
        case tuple():
            return "list of texts", "array"
        case _:
            return "text", "string"
