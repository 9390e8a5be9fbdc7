"""The door of the naive web process: Django's own, nothing before it."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
