"""Django's settings for a worker: those of the command line, and the rows of webhooks, which workers send."""

from probewright.webapp.settings import *  # noqa: F403 (Django reads a settings module's names)

INSTALLED_APPS = ["probewright.campaigns", "probewright.webapp.api"]
