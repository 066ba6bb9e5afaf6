"""The dashboard as a Django app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Pages without rows of their own."""

    name = "probewright.webapp.dashboard"
    label = "dashboard"
