"""What may go wrong with a backup, told so that an operator knows what to do."""


class BackupError(RuntimeError):
    """No backup was made, or nothing was restored; the message says why."""


class UnfitError(BackupError):
    """The file is damaged, cut off, or none of this portal's backups."""
