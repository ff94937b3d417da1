"""One module per verb or group of verbs; `cli.catalogue` says which verb lives where."""
