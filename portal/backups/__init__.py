"""Backups of all that cannot be made anew, and the way back (docs/operations/backup.md)."""
