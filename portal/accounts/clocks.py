"""What was written while the clock was ahead: it must lock nobody out until that time comes.

Clocks are set right: a server that came up a year ahead, and counted a wrong password there, would
otherwise refuse its owner for a year. What lies ahead is brought to the present moment, from which
waits are counted as ever.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

#: The clocks of two servers may differ by so much without anything being wrong.
SKEW = timedelta(minutes=1)


class AttemptHandler(AxesDatabaseHandler):
    """Counts wrong passwords in the database, those of times to come as if they were of now."""

    def get_user_attempts(self, request: Any, credentials: Any = None) -> Any:
        now = timezone.now()
        for attempts in self.filter_user_attempts(request, credentials):
            attempts.filter(attempt_time__gt=now + SKEW).update(attempt_time=now)
        return super().get_user_attempts(request, credentials)


def bring_to_the_present(device: Any) -> None:
    """Let a device that was used while the clock was ahead be used again.

    A code of that time to come, which nobody else has seen, could be used once more when it comes;
    no other code can be used twice.
    """
    changed = []
    now = timezone.now()
    failed_at = device.throttling_failure_timestamp
    if failed_at is not None and failed_at > now + SKEW:
        device.throttling_failure_timestamp = now
        changed.append("throttling_failure_timestamp")
    if isinstance(device, TOTPDevice):
        step = int(time.time() - device.t0) // device.step
        if device.last_t > step + device.drift + device.tolerance + 1:
            device.last_t = step - 1
            changed.append("last_t")
    if changed:
        device.save(update_fields=changed)
