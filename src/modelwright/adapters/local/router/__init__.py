"""The router: one process per endpoint, in front of one server process per version."""
