"""What the `--json` document of every verb holds, as types; their JSON Schemas are generated from these."""
