"""The installation's admin behind the same sign-in as everything else: no form of its own that takes passwords."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from ridley.config.sign_in import onward
from ridley.core.accounts.recent import has_second_factor, used_second_factor


class SameSignInAdmin(AdminSite):
    """For staff who came in by the sign-in page, with its rate limit, lock-out and second factor."""

    site_header = site_title = "Ridley: this installation"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff only; who has a second factor must have used it in this session."""
        if not super().has_permission(request):
            return False
        return used_second_factor(request) or not has_second_factor(request.user.pk)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """On to the sign-in page, and from there to where one wanted to go; who is signed in and no staff is told."""
        wanted = onward(request.GET.get("next", "")) or reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(wanted)
        if request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied
        return HttpResponseRedirect(f"{settings.SIGN_IN_PAGE}?{urlencode({'next': wanted})}")
