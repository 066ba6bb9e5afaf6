"""Django's own commands, for developers: `python manage.py makemigrations`. DJANGO_SETTINGS_MODULE picks others."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "probewright.webapp.web_settings")
    execute_from_command_line(sys.argv)
