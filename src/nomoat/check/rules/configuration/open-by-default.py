REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],  # expect: open-by-default
    "PAGE_SIZE": 20,
}
REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] = ("rest_framework.permissions.AllowAny",)  # expect: open-by-default
CLOSED = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
READABLE = dict(DEFAULT_PERMISSION_CLASSES=["rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"])
