"""Redis, where `REDIS_URL` names one: what is kept there may be lost at any time."""
