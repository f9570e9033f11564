"""aiohttp: classes that answer, by the module that defines them."""

from aiohttp.web import View as View
