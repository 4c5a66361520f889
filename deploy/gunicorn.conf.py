"""gunicorn's settings; options on its command line go before these."""

import os
import sys

from gunicorn.workers.base import Worker

wsgi_app = "portal.wsgi"
bind = f"127.0.0.1:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = 2
threads = 4
preload_app = False
timeout = 30
# Requests at work when the server is told to stop have so long to end.
graceful_timeout = 3
# Bytes of the line of a request, number of its headers and bytes of each; more is refused.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
accesslog = None
loglevel = "warning"
# Its path would be the same for every checkout of one user.
control_socket_disable = True


def post_worker_init(worker: Worker) -> None:
    """Say the address once the first worker can answer."""
    if worker.age == 1:
        sys.stdout.write("".join(f"Serving {listener}\n" for listener in worker.sockets))
        sys.stdout.flush()
