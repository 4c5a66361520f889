"""What was written is on the disk."""

from __future__ import annotations

import os
from pathlib import Path


def flush(directory: Path) -> None:
    """Bring the names in a directory to the disk, as a renamed file is only then there to stay."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
