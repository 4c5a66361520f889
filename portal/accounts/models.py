"""The user model: our own from the first migration, so that it can grow without pain."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A curator: somebody who may enter, review or publish records. Readers need no account."""
