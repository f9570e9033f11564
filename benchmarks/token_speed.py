"""CPU of a token that was never seen before, beside the bare check of its signature by the same library.

    python benchmarks/token_speed.py [--rounds 9] [--tokens 300]

guard takes the token apart, holds it to its issuer's settings, makes the identity, checks the signature and remembers
it; joserfc alone checks the signature of the same token with the same key. Both take turns within a round; a ratio is
the median over the rounds. Each round has tokens of its own.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from nomoat import settings
from nomoat.guard.identity.cache import Bearers
from nomoat.guard.identity.opening import bearers
from nomoat.guard.settings import read

BAR = 1.5
SECRET = secrets.token_hex(32)
KEYS: dict[str, Callable[[], Any]] = {
    "HS256": lambda: OctKey.import_key(SECRET),
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


def issuer(root: Path, algorithm: str, key: Any) -> Bearers:
    """guard's own verifier of one issuer with one key."""
    if algorithm == "HS256":
        (root / "key").write_text(SECRET)
        where = "key: file:key"
    else:
        (root / "keys").write_text(json.dumps(KeySet([key]).as_dict(private=False)))
        where = "keys: file:keys"
    text = f"identity: {{main: {{issuer: bench, algorithms: [{algorithm}], {where}, audience: shop}}}}\n"
    made = bearers(read(settings.parse(text, root=root)).issuers, root=root, say=print)
    made.start()
    return made


def tokens(algorithm: str, key: Any, count: int) -> list[str]:
    """So many tokens of different people."""
    now = int(time.time())
    usual = {"iss": "bench", "aud": "shop", "roles": ["customer"], "iat": now, "exp": now + 3600}
    return [
        jwt.encode({"alg": algorithm}, {**usual, "sub": f"user{n}", "jti": secrets.token_hex(8)}, key, [algorithm])
        for n in range(count)
    ]


def spent(work: Callable[[str], object], given: list[str]) -> float:
    """CPU in microseconds a token."""
    began = time.process_time()
    for one in given:
        work(one)
    return (time.process_time() - began) / len(given) * 1e6


def measure(algorithm: str, *, rounds: int, count: int) -> tuple[float, float, float]:
    """Bare and guarded, in microseconds, and the ratio: medians over the rounds."""
    key = KEYS[algorithm]()
    bare, guarded = [], []
    with tempfile.TemporaryDirectory() as folder:
        known = issuer(Path(folder), algorithm, key)
        for _ in range(rounds):
            given = tokens(algorithm, key, count)
            bare.append(spent(lambda one: jws.deserialize_compact(one, key, algorithms=[algorithm]), given))
            guarded.append(spent(lambda one: known.identify(one, now=time.time()), given))
        known.stop()
    ratio = statistics.median(two / one for one, two in zip(bare, guarded, strict=True))
    return statistics.median(bare), statistics.median(guarded), ratio


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--tokens", type=int, default=300)
    arguments = parser.parse_args()
    for algorithm in KEYS:
        bare, guarded, ratio = measure(algorithm, rounds=arguments.rounds, count=arguments.tokens)
        print(
            f"{algorithm}: signature alone {bare:6.1f} us, a token never seen {guarded:6.1f} us,"
            f" {ratio:4.2f} times as much (bar {BAR})"
        )


if __name__ == "__main__":
    main()
