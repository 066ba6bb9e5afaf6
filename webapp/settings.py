"""Django's settings, from the environment; on the command line `--db` comes first."""

import os

from probewright.webapp.database_url import VARIABLE, parse_database_url

DATABASES = {"default": parse_database_url(os.environ.get(VARIABLE, ""))}
REDIS_URL = os.environ.get("PROBEWRIGHT_REDIS_URL", "")  # what workers share: limits and rates
BROKER_URL = os.environ.get("PROBEWRIGHT_BROKER_URL", REDIS_URL)  # Redis or RabbitMQ; empty: no broker
CELERY_APP = "probewright.webapp.celery_app"
INSTALLED_APPS = ["probewright.campaigns"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
LOGGING_CONFIG = None  # a command line tool: logging is the business of whoever embeds it
