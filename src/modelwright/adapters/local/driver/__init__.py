"""What the local adapter does: applies assemblies, runs jobs, serves versions, reads measures."""
