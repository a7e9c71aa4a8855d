"""The style sheet of all plots: to be served as a file, since none stands in a plot.

Left out: which colours a page has; it may set the same properties anew.
"""

from __future__ import annotations

from typing import Final

# Six colours that people who see few of them tell apart (M. Okabe, K. Ito, 2008), the last three
# darkened, and lighter ones for dark pages: each has at least 3:1 against its page's ground.
STYLE: Final = """\
:root {
  --plot-1: #0068a8; --plot-2: #b34700; --plot-3: #00795a;
  --plot-4: #a0477a; --plot-5: #7a6200; --plot-6: #555555;
  --plot-grid: #d0d0d0; --plot-ink: #333333;
}
@media (prefers-color-scheme: dark) {
  :root {
    --plot-1: #6ec1f5; --plot-2: #ff9a52; --plot-3: #3fd0a4;
    --plot-4: #e39ac4; --plot-5: #e6d44a; --plot-6: #b5b5b5;
    --plot-grid: #444444; --plot-ink: #dddddd;
  }
}
.plot { width: 100%; max-width: 48rem; height: auto; }
.plot .grid { stroke: var(--plot-grid); stroke-width: 1; }
.plot text { fill: var(--plot-ink); font: 12px system-ui, sans-serif; }
.plot .tick { text-anchor: middle; }
.plot .tick.value { text-anchor: end; }
.plot .line { fill: none; stroke-width: 2; stroke: var(--plot-ink); }
.plot .interval { stroke-width: 1; opacity: 0.6; }
.plot .line.series-2 { stroke-dasharray: 6 3; }
.plot .line.series-3 { stroke-dasharray: 2 3; }
.plot .line.series-4 { stroke-dasharray: 8 3 2 3; }
.plot .line.series-5 { stroke-dasharray: 12 4; }
.plot .line.series-6 { stroke-dasharray: 1 4; }
.plot .bar { stroke: Canvas; stroke-width: 1; }
.plot .series-1 { --plot-own: var(--plot-1); }
.plot .series-2 { --plot-own: var(--plot-2); }
.plot .series-3 { --plot-own: var(--plot-3); }
.plot .series-4 { --plot-own: var(--plot-4); }
.plot .series-5 { --plot-own: var(--plot-5); }
.plot .series-6 { --plot-own: var(--plot-6); }
.plot .line, .plot .interval { stroke: var(--plot-own); }
.plot .bar, .plot .mark { fill: var(--plot-own); }
@media (forced-colors: active) {
  .plot { forced-color-adjust: auto; }
  .plot .line, .plot .interval, .plot .grid { stroke: CanvasText; }
  .plot .bar, .plot .mark { fill: CanvasText; }
}
"""
