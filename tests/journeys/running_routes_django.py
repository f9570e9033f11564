"""Prints, as JSON, the routes that guard sees in a running Django project: `python FILE FOLDER SETTINGS`."""

from __future__ import annotations

import json
import os
import sys


def _main(folder: str, settings: str) -> None:
    sys.path[0] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django

    django.setup()
    from nomoat.guard.routers.django import Routes

    print(json.dumps([[one.method, one.path] for one in Routes().served()]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
