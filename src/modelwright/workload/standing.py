"""Whether a folder is still the one that was found: a process whose folder was deleted serves nobody, and ends."""

from __future__ import annotations

import os
from pathlib import Path


class Standing:
    """A folder as it is now. Held open, so that one made anew in its place is never taken for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)

    def gone(self) -> bool:
        """Return whether the folder was deleted or moved, even if another one has its name now."""
        try:
            there = self._folder.stat()
        except FileNotFoundError:
            return True
        except OSError:
            return False  # not to be seen for now, which does not say that it is gone
        return not os.path.samestat(there, os.fstat(self._handle))
