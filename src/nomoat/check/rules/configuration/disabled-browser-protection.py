from django.views.decorators.clickjacking import xframe_options_exempt, xframe_options_sameorigin

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
SECURE_CONTENT_TYPE_NOSNIFF = False  # expect: disabled-browser-protection
X_FRAME_OPTIONS = "ALLOWALL"  # expect: disabled-browser-protection
SECURE_REFERRER_POLICY = "unsafe-url"  # expect: disabled-browser-protection
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_BROWSER_XSS_FILTER = False


@xframe_options_exempt  # expect: disabled-browser-protection
def shown(request):
    return None


def headers(response):
    response["X-Frame-Options"] = "ALLOWALL"  # expect: disabled-browser-protection
    return response


@xframe_options_sameorigin
def own(request):
    return None


def safe(response):
    response["X-Frame-Options"] = "DENY"
    response["Referrer-Policy"] = "same-origin"
    return response
