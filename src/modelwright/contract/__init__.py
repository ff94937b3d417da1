"""The adapter contract: what the core asks of a platform, and nothing that implements it."""
