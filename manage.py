#!/usr/bin/env python
"""Django's command line, with the checkout's own PostgreSQL unless DATABASE_URL names another."""

import os
import sys


def main() -> None:
    """Run the command of the command line; the server it had to start stops when it ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line

        from portal.embedded_postgres import EmbeddedPostgresError, ensure_local_environment
        from portal.environment import IncompleteSettings
    except ImportError as error:
        raise ImportError(
            "A package is missing. Run this with .venv/bin/python, which script/run makes."
        ) from error
    try:
        ensure_local_environment()
        execute_from_command_line(sys.argv)
    except (EmbeddedPostgresError, IncompleteSettings) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
