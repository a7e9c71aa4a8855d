"""What became of gaps: events folded into samples, and second looks at what was kept."""
