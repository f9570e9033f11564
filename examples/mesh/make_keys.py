"""Makes the keys of two issuers, people and services, and tokens to try with, in keys/: never committed."""

import json
import time
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

FOLDER = Path(__file__).parent / "keys"


def token(key: ECKey, issuer: str, subject: str, **claims: object) -> str:
    """A token that is good for a day."""
    now = int(time.time())
    known = {"iss": issuer, "aud": "mesh", "sub": subject, "iat": now, "exp": now + 86_400}
    return jwt.encode({"alg": "ES256", "kid": key.kid}, {**known, **claims}, key)


def main() -> None:
    """Writes them."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    people, mesh = (ECKey.generate_key("P-256", auto_kid=True) for _ in range(2))
    for name, key in (("people", people), ("mesh", mesh)):
        (FOLDER / f"{name}.jwks").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    tokens = {
        "ana": token(people, "people", "ana", roles=["customer", "clerk"]),
        "billing": token(mesh, "mesh", "billing"),
        "night": token(mesh, "mesh", "night"),
    }
    for name, text in tokens.items():
        (FOLDER / f"{name}.token").write_text(text)


if __name__ == "__main__":
    main()
