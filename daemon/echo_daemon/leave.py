"""Leave to share, from what people chose and what the surroundings say.

Left out: which rule wins (`echo_core.sharing.consent`), what is shared (`echo_daemon.sharing`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from echo_core.places import path_of
from echo_core.sharing.consent import Answer, Decision, Rule, Switch
from echo_daemon.permission.licence import licences_of
from echo_daemon.store.consent import ConsentLog

_NEVER_MS = 1 << 62


class RecordedLeave:
    """`echo_daemon.sharing.api.Leave` over the record of choices."""

    def __init__(
        self,
        choices: ConsentLog,
        environment: Mapping[str, str],
        *,
        explicit: bool = False,
        licences: Callable[[str], frozenset[str]] = licences_of,
    ) -> None:
        """`explicit`: see `ConsentLog.decide`."""
        self._choices = choices
        self._environment = environment
        self._explicit = explicit
        self._licences = licences

    def decide(self, switch: Switch, doc: str = "") -> Decision:
        """Whether `switch` is on for the machine, or for what lies at `doc`; by which rule."""
        path = path_of(doc)
        licences = frozenset[str]()
        if doc and switch is Switch.CONTRIBUTE:
            if not path:  # it lies nowhere: in no folder, under no licence
                return Decision(switch, Rule.RIGHT)
            licences = self._licences(os.path.realpath(path))
        return self._choices.decide(
            switch, self._environment, explicit=self._explicit, path=path, licences=licences
        )

    def allows(self, switch: Switch, doc: str = "") -> bool:
        """Whether it is on."""
        return self.decide(switch, doc).allowed

    def is_refused(self, switch: Switch) -> bool:
        """Whether the person said no for the machine, themselves."""
        return self._choices.answer(switch) is Answer.NO

    def was_given(self, switch: Switch) -> bool:
        """Whether the person ever said yes."""
        return self._choices.was_given(switch)

    def since_ms(self, switch: Switch) -> int:
        """Since when the person says yes; for ever away where they do not."""
        since = self._choices.since_ms(switch)
        return _NEVER_MS if since is None else since
