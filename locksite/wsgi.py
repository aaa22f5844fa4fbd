"""The WSGI entry: `granian --interface wsgi locksite.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "locksite.settings")
application = get_wsgi_application()
