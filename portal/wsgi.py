"""The portal as a WSGI application, for any server of that interface."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# A reader's question is given up after this long, so that none can hold a process.
os.environ.setdefault("STATEMENT_TIMEOUT", "20s")

application = get_wsgi_application()
