"""OCI images built and pushed without a daemon: the same bytes wherever and whenever they are built."""
