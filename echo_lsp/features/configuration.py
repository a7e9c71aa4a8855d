"""`initialize`, and the settings of the editor: pushed to us, or asked for where it lets us ask.

What a client sends as settings is anything at all; what does not fit is left out and logged, and
what was said before stays. What a setting does is the daemon's business, but for "off", which the
status line shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from echo_core.text.document import Encoding
from echo_lsp.services import Services
from echo_runtime.logs import Label
from echo_runtime.settings_editor import said_by_editor

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
    telemetry = options.get("telemetry")
    session.telemetry = telemetry if isinstance(telemetry, bool) else None
    hear(services, options)


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


def take(services: Services, section: Mapping[str, object]) -> None:
    """Let `section`, the editor's "echo", hold from now on."""
    hear(services, section)
    services.daemon.settings_changed()
    services.status.refresh()


def hear(services: Services, section: Mapping[str, object]) -> None:
    """Remember what of `section` is a setting and fits."""
    values, refused = said_by_editor(section)
    for name in refused:
        services.log.warning("settings.refused", setting=Label(name))
    services.session.settings = {**services.session.settings, **values}


def as_mapping(value: object) -> Mapping[str, object]:
    """`value` where it is a JSON object; nothing otherwise."""
    if isinstance(value, Mapping):
        return value
    return {}
