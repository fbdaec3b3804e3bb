"""People who can sign in. They know no tenant; a membership (one floor up) does."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        if not email:
            raise ValueError("A person needs an e-mail address: it is the name they sign in with.")
        user = self.model(email=User.normalize_username(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        if user.kind == Kind.PERSON:
            from ridley.core.accounts.addresses import confirm  # names this model

            confirm(user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Kind(models.TextChoices):
    PERSON = "person"
    SERVICE = "service"  # a program: no password, comes in by tokens of one tenant only


class User(AbstractBaseUser, PermissionsMixin):
    """A person, or a program, named by e-mail. The key is a UUID, so that ids tell nothing about how many there are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, error_messages={"unique": "Somebody with this e-mail exists already."})
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May sign in to the installation's admin.")
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.PERSON) | Q(password__startswith="!"),  # noqa: S106 unusable
                name="service_has_no_password",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """An address is one person's, however it is written."""
        return username.strip().lower()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


class RefreshFamily(models.Model):
    """The refresh tokens of one session, of which the newest alone is good. See tokens.py."""

    session = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the session's key.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_id = models.UUIDField(help_text="The one that is good.")
    started_at = models.DateTimeField(db_default=Now())
    rotated_at = models.DateTimeField(db_default=Now())
    reused_at = models.DateTimeField(null=True, help_text="One came a second time; the session was ended.")


class HitCount(models.Model):
    """How often something came within a window of time, over all processes. Unlogged: a crash forgets it."""

    key = models.CharField(primary_key=True, max_length=200)
    ends_at = models.DateTimeField(db_index=True)
    count = models.BigIntegerField()


class Guess(models.Model):
    """How often a password or code was guessed wrong, by account and by address. See guesses.py."""

    key = models.CharField(primary_key=True, max_length=64, help_text="Keyed hash of what is counted.")
    count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)
    locked_until = models.DateTimeField(null=True)


class CacheEntry(models.Model):
    """Django's cache, shared by all processes. See shared_cache.py."""

    key = models.CharField(primary_key=True, max_length=255)
    value = models.TextField(help_text="JSON.")
    expires_at = models.DateTimeField(db_index=True)
