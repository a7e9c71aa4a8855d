"""Benchmarks, each beside the peer that it is compared with; docs/performance.md says how."""
