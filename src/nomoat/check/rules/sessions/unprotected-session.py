from flask import Flask
from flask_login import LoginManager

app = Flask(__name__)
manager = LoginManager(app)
manager.session_protection = None  # expect: unprotected-session
app.config["SESSION_PROTECTION"] = None  # expect: unprotected-session

other = LoginManager()
other.session_protection = "strong"
another = LoginManager()
another.login_view = None
