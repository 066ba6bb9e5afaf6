"""The form of the login page."""

from math import ceil
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from probewright.webapp.dashboard.throttle import LOGINS, Who

MESSAGES = {
    **AuthenticationForm.error_messages,
    "invalid_login": "No user has this name and password. Both are case-sensitive.",
}


class LoginForm(AuthenticationForm):
    """Name and password; too many failures from one address make its user wait there."""

    error_messages = MESSAGES

    def clean(self) -> dict[str, Any]:
        """Checks name and password, unless there were too many failures."""
        if self.errors:  # a field is missing: there is nothing to try, so nothing that succeeds either
            return self.cleaned_data
        who = self._who()
        if wait_s := LOGINS.enter(who):
            raise ValidationError(f"Too many failed logins. Try again in {ceil(wait_s / 60)} min.", code="throttled")
        cleaned: dict[str, Any] = super().clean()
        LOGINS.succeeded(who)
        return cleaned

    def _who(self) -> Who:
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        return self.cleaned_data.get("username", "")[:150].lower(), address
