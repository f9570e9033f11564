import os

import httpx

# Revoked or not, it was given out: @make: a token of GitHub@  # expect: provider-secret
GITHUB = "@make: a token of GitHub@"  # expect: provider-secret
AWS = {"key": "@make: an access key of AWS@"}  # expect: provider-secret


def pay(amount: int) -> None:
    httpx.post("https://pay.example/", headers={"key": "@make: a live key of Stripe@"}, json={"amount": amount})  # expect: provider-secret


def notify(text: str) -> None:
    httpx.post("https://@make: a webhook of Slack@", json={"text": text})  # expect: provider-secret


KEY = """@make: a private key@"""  # expect: provider-secret
CLIENT = dict(token="@make: a token of npm@", key="@make: a key of SendGrid@")  # expect: provider-secret

BILLING = "@make: an API key of nomoat@"  # expect: provider-secret

# What stands in their place.
TOKEN = os.environ["GITHUB_TOKEN"]
SHOWN = "ghp_your-token-here"
# The checksum does not fit.
OLD = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
DOCUMENTED = "AKIAIOSFODNN7EXAMPLE"
HALF = "nmk_billing_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
LIVE = "sk_live_xxxxxxxxxxxxxxxxxxxxxxxxxxxx"
PUBLISHABLE = "pk_live_51Hc2bKJw0ZzQn8yLx4TtVvWw"
DATABASE = "postgresql://shop:${PASSWORD}@db.example.com/shop"
LOCAL = "postgresql://shop:shopshop1@localhost/shop"
