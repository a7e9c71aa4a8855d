"""`echo/consent`, `echo/setConsent` and the editor's own telemetry setting.

Left out: what the switches mean and which rule decides; the daemon says both.

Rules
 - The editor's telemetry setting can only take away: it is passed on as it is said, and what it
   said last holds while it is gone.
 - A choice that could not be made is an error with a sentence, for the editor to show.
"""

from __future__ import annotations

from echo_core.records import wire
from echo_lsp.protocol_ext import (
    ConsentParams,
    ConsentResult,
    SetConsentParams,
    SwitchState,
    TelemetryParams,
)
from echo_lsp.services import Services


async def consent(services: Services, _params: ConsentParams | None) -> ConsentResult:
    """Every switch and why it is as it is."""
    return _result(await services.daemon.consents())


async def set_consent(services: Services, params: SetConsentParams) -> ConsentResult:
    """The user switched something on or off, after having been shown its text."""
    choice = wire.SwitchChoice(
        params.switch, params.on, services.session.client, params.workspace, params.right
    )
    return _result(await services.daemon.switch(choice))


def did_change_telemetry(services: Services, params: TelemetryParams) -> None:
    """The user changed the editor's own setting."""
    services.session.telemetry = params.allowed
    services.daemon.telemetry_changed()


def _result(found: wire.Consents) -> ConsentResult:
    return ConsentResult(
        [SwitchState(each.switch, each.on, each.reason, each.text) for each in found.switches]
    )
