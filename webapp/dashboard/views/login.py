"""Logging in."""

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView

from probewright.webapp.dashboard.forms.login import LoginForm


class Login(LoginView):
    """The login page. Where nobody can log in yet, it says how to make the first user."""

    template_name = "dashboard/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **known: Any) -> dict[str, Any]:
        """What the template shows."""
        return {**super().get_context_data(**known), "has_users": User.objects.exists()}
