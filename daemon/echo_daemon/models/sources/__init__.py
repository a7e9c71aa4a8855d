"""Where a model can be had; each source is one module, and none of them is trusted."""
