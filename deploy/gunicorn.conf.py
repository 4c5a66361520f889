"""gunicorn's settings, from the environment and `.env`; options on its command line go before.

What the numbers of processes and threads are good for was measured: benchmarks/RESULTS.md.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import environ
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

ROOT = Path(__file__).resolve().parent.parent


class _Environment(environ.Env):
    # A copy: what this process had of `.env` its workers would keep when they are made anew.
    ENVIRON = dict(os.environ)


env = _Environment()
env.read_env(ROOT / ".env")

wsgi_app = "portal.wsgi"
bind = env.str("BIND", default="") or f"127.0.0.1:{env.str('PORT', default='') or '8000'}"
worker_class = "gthread"
workers = env.int("WEB_CONCURRENCY", default=2)
threads = env.int("WEB_THREADS", default=4)
preload_app = env.bool("WEB_PRELOAD", default=False)
timeout = env.int("WEB_TIMEOUT", default=30)
# Requests at work when a process is told to end have so many seconds.
graceful_timeout = env.int("WEB_GRACEFUL_TIMEOUT", default=30)
keepalive = env.int("WEB_KEEPALIVE", default=5)
max_requests = env.int("WEB_MAX_REQUESTS", default=0)
# Not all processes at once.
max_requests_jitter = max_requests // 10
# Bytes of the line of a request, number of its headers and bytes of each; more is refused.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
accesslog = None
loglevel = "warning"
# Its path would be the same for every checkout of one user.
control_socket_disable = True
# Processes show that they live by touching a file, which on a busy disk may take too long.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - its own names


class CleanLogger(Logger):
    """gunicorn's own messages in the form of the portal's, without addresses of visitors."""

    def _set_handler(self, log: Any, output: Any, fmt: Any, stream: Any = None) -> None:
        super()._set_handler(log, output, _formatter(), stream)


logger_class = CleanLogger


def _formatter() -> logging.Formatter:
    if env.str("LOG_FORMAT", default="line") == "json":
        from portal.watching.json_lines import JsonLineFormatter

        return JsonLineFormatter()
    from portal.watching.logs import LineFormatter

    return LineFormatter()


def on_starting(server: Arbiter) -> None:
    """Refuse what is missing or unsafe, in a deployment; make room for metrics."""
    is_local = all(name.startswith(("127.", "localhost", "[::1]")) for name in server.cfg.bind)
    if env.bool("HTTPS", default=False) or not (is_local or server.cfg.bind[0].startswith("unix:")):
        command = [sys.executable, "-m", "portal.watching.preflight"]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:  # noqa: S603 - our own
            sys.exit(1)
    if env.bool("METRICS", default=False):
        _make_room_for_metrics(server)


def _make_room_for_metrics(server: Arbiter) -> None:
    """A directory in which the processes count, empty at each start."""
    place = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
    server.own_metrics = None if place else tempfile.mkdtemp(prefix="portal-metrics-")
    directory = Path(place or server.own_metrics)
    directory.mkdir(parents=True, exist_ok=True)
    for left_over in directory.glob("*.db"):
        left_over.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Have the process load the portal as it is now, and not as it was when the server started."""
    if not server.cfg.preload_app:
        for name in [name for name in sys.modules if name.partition(".")[0] == "portal"]:
            del sys.modules[name]


def post_worker_init(worker: Worker) -> None:
    """Say the address once the first process can answer."""
    for handler in logging.getLogger("gunicorn.error").handlers:
        # The one that knows which request is being answered.
        handler.setFormatter(logging.getLogger().handlers[0].formatter)
    if worker.age == 1:
        sys.stdout.write("".join(f"Serving {listener}\n" for listener in worker.sockets))
        sys.stdout.flush()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """What a process that has ended was doing is over."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    """Take the numbers of this run away."""
    if getattr(server, "own_metrics", None):
        shutil.rmtree(server.own_metrics, ignore_errors=True)
