"""Self-contained HTML pages with plots, made without any drawing library and readable without any network."""
