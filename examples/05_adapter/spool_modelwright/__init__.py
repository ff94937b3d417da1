"""An adapter for a shared folder: data lies in it, and training jobs are files that a worker takes from it."""
