"""Django's settings for the web server: those of the command line, and users, sessions, pages on top.

The command line has a smaller set, `webapp.settings`, so that `probewright run` imports none of this.
"""

import os

from probewright.campaigns.render.html import STYLES
from probewright.campaigns.render.html import TEMPLATES as RENDERED
from probewright.webapp.api import rate_setting
from probewright.webapp.places import PROJECT, allowed_hosts, public_origin
from probewright.webapp.secret_key import secret_key
from probewright.webapp.settings import *  # noqa: F403 (Django reads a settings module's names)

ORIGIN = public_origin(os.environ.get("PROBEWRIGHT_URL", ""))
IS_HTTPS = ORIGIN.startswith("https://")

SECRET_KEY = secret_key()
ALLOWED_HOSTS = allowed_hosts(os.environ.get("PROBEWRIGHT_ALLOWED_HOSTS", ""), ORIGIN)
API_REQUESTS_A_MINUTE = rate_setting.read_rate(os.environ.get(rate_setting.VARIABLE, ""))  # of each token
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN else []

INSTALLED_APPS = [
    "probewright.campaigns",
    "probewright.webapp.dashboard",
    "probewright.webapp.api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "probewright.webapp.security.SecurityHeaders",
    "probewright.webapp.api.edge.ApiProblems",
    "probewright.webapp.security.BodyLimit",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "probewright.webapp.urls"
WSGI_APPLICATION = "probewright.webapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PROJECT / "dashboard" / "templates", RENDERED],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "probewright.webapp.dashboard.pages.environment",
            "context_processors": [
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "campaigns"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_NAME = "probewright_session"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_NAME = "probewright_csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("render", STYLES)]
WHITENOISE_USE_FINDERS = True  # the package's own files, with no collecting step
WHITENOISE_MAX_AGE = 365 * 24 * 3600  # pages name each file with a hash of its content
WHITENOISE_ALLOW_ALL_ORIGINS = False
