"""The Django application of campaigns."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Rows of campaigns and of what came of them."""

    name = "probewright.campaigns"
    label = "campaigns"
