from aiohttp import web

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # expect: unlimited-request
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

app = web.Application(client_max_size=0)  # expect: unlimited-request
safe = web.Application(client_max_size=1024**2)
plain = web.Application()
