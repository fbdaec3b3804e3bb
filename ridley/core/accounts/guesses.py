"""Guesses at passwords and second-factor codes: after some that failed, waiting, longer each time.

Counted over all web processes, and before what was guessed is looked at, so that a hundred guesses at the same moment
are no more than a hundred in turn. What is counted is the account and the address that the guesses come from; whether
there is such an account plays no part. An address from which a person has signed in before has a count of its own for
that person: a stranger's guesses shut out strangers, and the owner stays in at their desk. Whoever sets another
password, which takes their mailbox, starts anew anywhere.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from ridley.core.accounts.models import Guess

ACCOUNT_LIMIT = 10
ADDRESS_LIMIT = 30  # an office shares one address
FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS = 60, 3600
FORGOTTEN_AFTER = timedelta(days=1)
KNOWN_FOR = timedelta(days=30)
SWEEP = "DELETE FROM accounts_guess WHERE key = ANY (ARRAY(SELECT key FROM accounts_guess WHERE at < %s LIMIT 20))"


class TooManyAttempts(Exception):
    """Guessing is locked for so many seconds; what was given was not looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many attempts")
        self.seconds = seconds


def lock_seconds(failures: int, limit: int) -> int:
    """How long nobody may guess then: a minute at the limit, twice that with each further failure, an hour at most."""
    if failures < limit:
        return 0
    return min(FIRST_LOCK_SECONDS * 2 ** min(failures - limit, 10), LONGEST_LOCK_SECONDS)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A guess that may be looked at now. It counts as failed unless `succeeded` is called."""

    account: str
    address: str
    known: str

    def succeeded(self) -> None:
        """Take it back, and know the address for this account from now on."""
        now = database_now()
        with transaction.atomic():
            for key in sorted({self.account, self.address} - {self.known}):
                for row in Guess.objects.select_for_update().filter(pk=key):
                    row.count, row.locked_until = max(row.count - 1, 0), None
                    row.save()
            fresh = {"count": 0, "at": now, "locked_until": None}
            Guess.objects.update_or_create(key=self.known, defaults=fresh)


def attempt(kind: str, who: str, address: str) -> Attempt:
    """Count a guess at the password or code of an account, from an address. Raises TooManyAttempts."""
    now, network = database_now(), network_of(address)
    known = hashed(kind, "known", who, network)
    is_known = Guess.objects.filter(key=known, at__gt=now - KNOWN_FOR).exists()
    account = known if is_known else hashed(kind, "account", who)
    made = Attempt(account=account, address=hashed("address", network), known=known)
    with connection.cursor() as cursor:
        cursor.execute(SWEEP, [now - KNOWN_FOR - FORGOTTEN_AFTER])
    with transaction.atomic():
        count(made.account, ACCOUNT_LIMIT, now)
        count(made.address, ADDRESS_LIMIT, now)
    return made


def count(key: str, limit: int, now: datetime) -> None:
    Guess.objects.bulk_create([Guess(key=key, at=now)], ignore_conflicts=True)
    row = Guess.objects.select_for_update().get(pk=key)
    if row.locked_until is not None and row.locked_until > now:
        raise TooManyAttempts(math.ceil((row.locked_until - now).total_seconds()))
    row.count = 1 if row.at < now - FORGOTTEN_AFTER else row.count + 1
    seconds = lock_seconds(row.count, limit)
    row.at, row.locked_until = now, now + timedelta(seconds=seconds) if seconds else None
    row.save()


def forget(kind: str, who: str) -> None:
    """Lift the lock of an account for strangers' addresses: its owner has proven themselves by other means."""
    Guess.objects.filter(key=hashed(kind, "account", who)).delete()


def network_of(address: str) -> str:
    """An IPv6 customer has 2^64 addresses: they count as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def hashed(*words: str) -> str:
    """No list of addresses and accounts is kept."""
    return salted_hmac("ridley.guesses", "\n".join(words).lower(), algorithm="sha256").hexdigest()


def database_now() -> datetime:
    """The clock that all web processes share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
