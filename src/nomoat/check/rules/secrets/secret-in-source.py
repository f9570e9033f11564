import os

import httpx

API_TOKEN = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"  # expect: secret-in-source
SETTINGS = {"client_secret": "q7Zt0Xw3Lb8Kf5Mj2Rn6Vs9Y"}  # expect: secret-in-source


def send(client: httpx.Client) -> None:
    client.post("https://mail.example/", data={"smtp_password": "Tr0ub4dor&Rose"})  # expect: secret-in-source


class Mail:
    smtp_password: str = "kL93-mvp-Q2x8"  # expect: secret-in-source


# Read where the application runs.
TOKEN = os.environ["API_TOKEN"]
# Names of something around a secret.
TOKEN_URL = "https://login.example.com/oauth2/v2/token"
PASSWORD_FIELD = "user_password_2"
TOKEN_HEADER = "X-Api-Token-V2"
PASSWORD_HASHER = "argon2id-v19-m65536"
# What is filled in later, and what nobody would take for real.
PASSWORD = "changeme-please-1"
SECRET = "${SECRET}"
API_KEY = "your-api-key-goes-here-1"
ACCESS_TOKEN = "xxxxxxxxxxxxxxxxxxxxxxxxxxx1"
PASSWORD_MESSAGE = "Your password must have 8 characters"
SECRET_KEY_OF = "shop.settings.SECRET_KEY"
