"""Lines of the log about what strangers send: told, and short."""

from __future__ import annotations

import logging

#: What Django refuses as suspicious, each with a logger of its own.
SUSPICIOUS = (
    *("DisallowedHost", "DisallowedRedirect", "SuspiciousFileOperation", "SuspiciousOperation"),
    *("InvalidSessionKey", "SuspiciousSession", "SessionInterrupted", "BadRequest"),
    *("RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent", "SuspiciousMultipartForm"),
    *("DisallowedModelAdminLookup", "DisallowedModelAdminToField"),
)
MAX_LETTERS = 200


class Brief(logging.Filter):
    """One line of bounded length without the way through the code, which is always the same.

    A scanner asks thousands of times, and what it sends is no fault of ours.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        record.msg = "".join(c if c.isprintable() else "?" for c in said)[:MAX_LETTERS]
        record.args = ()
        record.exc_info = record.exc_text = None
        return True
