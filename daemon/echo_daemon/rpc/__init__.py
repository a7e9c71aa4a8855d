"""The daemon's edge: JSON-RPC over a user-only socket."""
