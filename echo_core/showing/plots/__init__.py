"""Plots as inline SVG, for a page that forbids styles and scripts within itself.

Left out: colours and fonts (`echo_core.showing.plots.style` names them by class), the page around a
plot.

Rules
 - No attribute `style`, no element `style` or `script`, no outside resource: a strict CSP holds.
 - A plot says what it shows in its title and description, and everything it shows is in a table.
 - What was not measured is a gap, never a zero and never a line across.
 - Series differ by marker, dashes or their place, never by colour alone.
 - The same values give the same bytes.
"""
