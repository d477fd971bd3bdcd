"""The web server's entry point. It refuses to serve with a configuration that is not fit for it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memadmin.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from dashboard.checks import refuse_unfit_configuration  # noqa: E402 - needs the apps

refuse_unfit_configuration()

from dashboard.access import warm_up  # noqa: E402

warm_up()
