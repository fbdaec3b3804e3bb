"""How django-allauth makes and shows our people."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves: people come in through a tenant."""
        return False

    def get_user_display_name(self, user: Any) -> str:
        return user.get_full_name()
