"""The local adapter: this machine, as a platform like any other."""
