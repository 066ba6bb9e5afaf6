"""The API as a Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Rows of tokens, idempotency keys and webhooks."""

    name = "probewright.webapp.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
