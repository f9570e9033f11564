from configurations import Configuration


class Base(Configuration):
    MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
    INSTALLED_APPS = ["django.contrib.sessions"]


class Development(Base):
    DEBUG = True


class Production(Base):
    SECURE_SSL_REDIRECT = True  # expect: deployed-without-secure-cookie


class Live(Base):
    CSRF_COOKIE_SECURE = True  # expect: deployed-without-secure-cookie


class ProductionSettings(Base):
    SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_SECURE = True


class Secure(Base):
    SESSION_COOKIE_SECURE = True


class LiveConfiguration(Secure):
    SECURE_HSTS_SECONDS = 3600
