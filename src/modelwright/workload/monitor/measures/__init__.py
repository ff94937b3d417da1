"""How each kind of check is measured: a sample in, findings out."""
