"""Model files: one module per format, each with `accepts`, `save` and `load`, and none that runs code by default."""
