"""The web application for any WSGI server; its database is brought up to date before the first request."""

from django.core.wsgi import get_wsgi_application

from probewright.webapp.database import WEB_SETTINGS, open_desk
from probewright.webapp.security import utf8_alone

open_desk(settings=WEB_SETTINGS)
application = utf8_alone(get_wsgi_application())
