"""Encryption of backups in the age format (https://age-encryption.org/v1), piece by piece.

`BACKUP_KEY` holds keys of age, separated by spaces or commas. A secret key (AGE-SECRET-KEY-1…)
opens backups and, by its public half, seals them; a public key (age1…) only seals, so that whoever
takes over the server that makes backups can open none of them. Each key that is named opens what
is sealed now; the program `age` alone opens it, too.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import pyrage

from portal.backups.errors import BackupError, UnfitError

#: How a sealed file begins.
MAGIC = b"age-encryption.org/v1\n"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Keys:
    """The keys of `BACKUP_KEY`: those that seal, and those that open."""

    recipients: tuple[Any, ...] = ()
    identities: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.recipients)

    @classmethod
    def read(cls, text: str) -> Keys:
        """The keys of a text; none where it is empty.

        Raises:
            BackupError: a word is no key. The word is not repeated: it may be a secret.
        """
        recipients, identities = [], []
        for number, word in enumerate(re.split(r"[\s,]+", text.strip()), 1):
            if not word:
                continue
            try:
                if word.upper().startswith("AGE-SECRET-KEY-"):
                    identity = pyrage.x25519.Identity.from_str(word.upper())
                    identities.append(identity)
                    recipients.append(identity.to_public())
                else:
                    recipients.append(pyrage.x25519.Recipient.from_str(word))
            except (pyrage.IdentityError, pyrage.RecipientError):
                raise BackupError(
                    f"BACKUP_KEY: key number {number} is none of age's (AGE-SECRET-KEY-1… or "
                    "age1…). `manage.py backup --new-key` makes one."
                ) from None
        return cls(tuple(recipients), tuple(identities))


def new_key() -> tuple[str, str]:
    """A new secret key, and its public half."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


@contextmanager
def sealing(target: IO[bytes], keys: Keys) -> Iterator[Any]:
    """What is written inside goes into `target`: sealed for all keys, or as it is without one.

    Raises:
        OSError: `target` cannot be written.
    """
    if not keys:
        yield target
        return
    reading, writing = os.pipe()
    with (
        _working(_sealer(reading, target, keys)),
        os.fdopen(writing, "wb", _PIECE) as sink,
    ):
        yield sink


@contextmanager
def opening(source: IO[bytes], keys: Keys) -> Iterator[Any]:
    """The plain contents of a backup, sealed or not, as a stream that cannot be sought.

    Raises:
        UnfitError: it is damaged or cut off, or no key opens it.
    """
    head = source.read(len(MAGIC))
    source.seek(0)
    if head != MAGIC:
        yield source
        return
    if not keys.identities:
        raise UnfitError(
            "It is encrypted, and BACKUP_KEY holds no secret key (AGE-SECRET-KEY-1…) to open it."
        )
    reading, writing = os.pipe()
    with (
        _working(_opener(source, writing, keys)),
        os.fdopen(reading, "rb", _PIECE) as plain,
    ):
        yield plain


def _sealer(reading: int, target: IO[bytes], keys: Keys) -> Callable[[], None]:
    def work() -> None:
        with os.fdopen(reading, "rb", _PIECE) as source:
            try:
                pyrage.encrypt_io(source, target, list(keys.recipients))
            except pyrage.EncryptError as error:
                raise OSError(str(error)) from error

    return work


def _opener(source: IO[bytes], writing: int, keys: Keys) -> Callable[[], None]:
    def work() -> None:
        # Closing may write, and nobody may listen any more.
        with suppress(BrokenPipeError), os.fdopen(writing, "wb", _PIECE) as sink:
            try:
                pyrage.decrypt_io(source, sink, list(keys.identities))
            except BrokenPipeError:
                raise
            except pyrage.DecryptError as error:
                if "No matching keys" in str(error):
                    raise UnfitError("No key of BACKUP_KEY opens it.") from error
                raise UnfitError(f"It is damaged or cut off: {error}.") from error
            except OSError as error:
                raise UnfitError(f"It is damaged or cut off: {error}.") from error

    return work


@contextmanager
def _working(work: Callable[[], None]) -> Iterator[None]:
    """Have a thread do something; why it failed goes before what followed from that."""
    failures: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    except BaseException as error:
        thread.join()
        if failures and isinstance(error, OSError | BackupError):
            raise failures[0] from error
        raise
    thread.join()
    if failures:
        raise failures[0]
