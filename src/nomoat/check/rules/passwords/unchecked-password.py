from flask import Flask

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
AUTH_PASSWORD_VALIDATORS = []  # expect: unchecked-password

app = Flask(__name__)
app.config["SECURITY_PASSWORD_LENGTH_MIN"] = 4  # expect: unchecked-password
other = Flask(__name__)
other.config["SECURITY_PASSWORD_LENGTH_MIN"] = 12
CHECKED = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
