"""The log as JSON, an object a line, for whatever gathers logs."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from portal.watching.logs import CleanFormatter


class JsonLineFormatter(CleanFormatter, JsonFormatter):
    """`time` (UTC), `level`, `logger`, `message`, `request_id`, `process`; `exception` if any.

    What a record brings as `fields` stands beside them. Nothing else that libraries hang on a
    record is written: among it are requests, with all that is in them.
    """

    def __init__(self, *, frank: bool = False) -> None:
        JsonFormatter.__init__(self, json_ensure_ascii=False)
        self.frank = frank

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data.update(
            time=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            level=record.levelname,
            logger=record.name,
            message=record.getMessage(),
            request_id=getattr(record, "request_id", "-"),
            process=record.process,
            **getattr(record, "fields", {}),
        )
        if "exc_info" in message_dict:
            log_data["exception"] = message_dict["exc_info"]
