"""The portal as a WSGI application, for any server of that interface."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# A reader's question is given up after this long, so that none can hold a process.
os.environ.setdefault("STATEMENT_TIMEOUT", "20s")
# Nor can one that waits for another's lock, or that was left in the midst of a transaction.
os.environ.setdefault("LOCK_TIMEOUT", "15s")
os.environ.setdefault("IDLE_TRANSACTION_TIMEOUT", "60s")

application = get_wsgi_application()
