"""Draws charts in a process of its own: `python drawing_process.py CHARTS IDLE_SECONDS`.

It imports nothing of the portal and is started without its environment. Each line of its input is
a job in JSON: `{"kind": "vega-lite" | "vega", "spec": …, "format": "svg" | "png", "scale": …,
"locale": …}`. Each answer is a line in JSON, `{"fault": "…", "bytes": n, "last": …}`, followed by
so many bytes. It ends after a number of charts, after some seconds without a job, when it has
grown large, and with whoever started it; the next chart starts another.
"""

from __future__ import annotations

import json
import resource
import select
import sys
from pathlib import Path
from typing import Any

#: Bytes of memory in use beyond which no other chart is begun.
MEMORY = 600 << 20
_PAGE = resource.getpagesize()


def memory() -> int:
    """Bytes of memory in use."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def draw(job: dict[str, Any]) -> bytes:
    """The picture of a job; nothing is fetched from anywhere."""
    import vl_convert

    to = {"allowed_base_urls": [], "format_locale": job["locale"]}
    is_vega = job["kind"] == "vega"
    if job["format"] == "svg":
        svg = (vl_convert.vega_to_svg if is_vega else vl_convert.vegalite_to_svg)(job["spec"], **to)
        return svg.encode("utf-8")
    to["scale"] = job["scale"]
    return (vl_convert.vega_to_png if is_vega else vl_convert.vegalite_to_png)(job["spec"], **to)


def main(charts: str, idle_seconds: str) -> None:
    """Answer jobs until it is time for another process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    for left in reversed(range(int(charts))):
        ready, _writable, _failed = select.select([jobs], [], [], float(idle_seconds))
        line = jobs.readline() if ready else b""
        if not line:
            return
        picture, fault = b"", ""
        try:
            picture = draw(json.loads(line))
        except Exception as error:  # noqa: BLE001 - whatever a specification makes its reader do
            fault = f"{type(error).__name__}: {error}"[:500]
        is_last = not left or memory() > MEMORY
        head = {"fault": fault, "bytes": len(picture), "last": is_last}
        answers.write(json.dumps(head).encode("ascii") + b"\n" + picture)
        answers.flush()
        if is_last:
            return


if __name__ == "__main__":
    main(*sys.argv[1:3])
