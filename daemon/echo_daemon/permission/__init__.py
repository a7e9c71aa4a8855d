"""What the surroundings permit: an organisation's policy, licences, the network link.

Left out: what a person chose (`echo_daemon.store.consent`) and which rule wins
(`echo_core.sharing.consent`).

Rules
 - What is there and cannot be read forbids; what is not there says nothing.
 - Nothing here is remembered: the files are read when something is to be decided.
"""
