"""`initialize`, and the settings of the editor: pushed to us, or asked for where it lets us ask.

What a client sends as settings is anything at all; what does not fit is left out and logged, and
the choice made before stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from echo_core.text import Encoding
from echo_lsp.services import Services
from echo_lsp.session import Choices

CLIENT_CHARS_MAX = 100  # of an editor's name and version
QUESTION = types.ConfigurationParams(items=[types.ConfigurationItem(section="echo")])


def initialize(services: Services, params: types.InitializeParams) -> None:
    """Take in what the client says of itself."""
    session = services.session
    chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    session.encoding = Encoding(str(getattr(chosen, "value", chosen)))
    if params.client_info is not None:
        name = f"{params.client_info.name} {params.client_info.version or ''}".strip()
        session.client = name[:CLIENT_CHARS_MAX]
    folders = [folder.uri for folder in params.workspace_folders or []]
    if not folders and params.root_uri:
        folders = [params.root_uri]
    session.roots = tuple(folders)
    workspace = params.capabilities.workspace
    session.asks_settings = workspace is not None and workspace.configuration is True
    options = as_mapping(params.initialization_options)
    session.reports_shown = options.get("reportsShown") is True
    session.choices = chosen_by(services, options, session.choices)


def did_change_configuration(
    services: Services, params: types.DidChangeConfigurationParams
) -> None:
    """The user changed a setting in the editor, which tells it, or wants to be asked."""
    if services.session.asks_settings:
        ask_settings(services)
    else:
        take(services, as_mapping(as_mapping(params.settings).get("echo")))


def ask_settings(services: Services) -> None:
    """Ask the client for the section "echo"; what it answers holds from then on."""

    def answered(result: object) -> None:
        if isinstance(result, (list, tuple)) and len(result) == 1:
            take(services, as_mapping(result[0]))

    services.ask_client(types.WORKSPACE_CONFIGURATION, QUESTION, answered)


def take(services: Services, settings: Mapping[str, object]) -> None:
    """Let `settings`, the section "echo", hold from now on."""
    services.session.choices = chosen_by(services, settings, services.session.choices)
    services.status.refresh()


def chosen_by(services: Services, settings: Mapping[str, object], before: Choices) -> Choices:
    """`before` with what `settings` says."""
    choices = before
    enabled = settings.get("enabled", choices.enabled)
    if isinstance(enabled, bool):
        choices = replace(choices, enabled=enabled)
    else:
        services.log.warning("settings.enabled_refused")
    languages = settings.get("disabledLanguages")
    if isinstance(languages, (list, tuple)) and all(isinstance(each, str) for each in languages):
        choices = replace(choices, disabled_languages=frozenset(languages))
    elif languages is not None:
        services.log.warning("settings.languages_refused")
    return choices


def as_mapping(value: object) -> Mapping[str, object]:
    """`value` where it is a JSON object; nothing otherwise."""
    if isinstance(value, Mapping):
        return value
    return {}
