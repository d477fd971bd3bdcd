#!/usr/bin/env python
"""Run a management command of the desk."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memadmin.settings")
    if not os.environ.get("DATABASE_URL"):
        # Nothing is configured: a laptop, not a deployment. The web server's entry point never does this.
        os.environ.setdefault("MEMADMIN_DEBUG", "true")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the environment

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
