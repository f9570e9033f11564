"""From the alert to the first refused request in a running service, under `respond --auto`: median under 1 s.

    python benchmarks/alert_to_block.py [--attackers 15]

The demo's shop runs guarded in enforce mode under uvicorn with two workers; `watch run` and `respond --auto` are
processes of their own. Each attacker has a token of the shop's issuer and reads order after order until it is refused.
Times come from the journal: when the Alert was recorded, and when the first Decision with the reason `blocked` was.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OctKey

from nomoat.demo import project as project_folder
from nomoat.demo import servers
from nomoat.demo.acts import Cast
from nomoat.demo.stage import Stage
from nomoat.demo.traffic import Client
from nomoat.journal.facts import Alert, Decision, moment


def token(made: project_folder.Project, name: str) -> str:
    """A customer's token, signed with the shop's own key."""
    now = int(time.time())
    claims = {"iss": "shop", "aud": "shop", "sub": name, "roles": ["customer"], "iat": now, "exp": now + 900}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(made.variables["SHOP_JWT_KEY"]))


def attack(cast: Cast, name: str) -> None:
    """One attacker reads orders until it is refused, at most for 20 s."""
    client = Client(cast.shop_url, name, token(cast.stage.project, name))
    ends = time.monotonic() + 20
    number = 0
    while time.monotonic() < ends:
        number += 1
        if client.ask("GET", f"/orders/{number % 100 + 1}") in (401, 403):
            return
        if number > 60:
            time.sleep(0.01)
    raise SystemExit(f"{name} was never refused")


def durations(cast: Cast) -> list[float]:
    """Seconds from each attacker's alert to its first refusal, from the journal."""
    alerts: dict[str, str] = {}
    refused: dict[str, str] = {}
    for entry in cast.entries(Alert, Decision):
        if isinstance(entry.fact, Alert) and entry.fact.detection == "object-enumeration":
            alerts.setdefault(entry.fact.subject, entry.recorded_at)
        elif isinstance(entry.fact, Decision) and entry.fact.reason == "blocked":
            refused.setdefault(entry.fact.subject, entry.recorded_at)
    return [(moment(at) - moment(alerts[who])).total_seconds() for who, at in refused.items() if who in alerts]


def main() -> int:
    """Prints the distribution."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attackers", type=int, default=15)
    attackers = parser.parse_args().attackers
    receiver = servers.Receiver().open()
    with tempfile.TemporaryDirectory() as folder:
        ports = {"shop": servers.free_port(), "billing": servers.free_port()}
        shop_url = f"http://127.0.0.1:{ports['shop']}"
        made = project_folder.make(Path(folder) / "p", webhook_url=receiver.url, shop_url=shop_url)
        settings = made.root / "nomoat.yaml"
        settings.write_text(
            settings.read_text().replace("respond:\n", f"respond:\n  max_auto_blocks: {attackers + 5}\n")
        )
        cast = Cast(Stage(made), ports, receiver)
        try:
            command = [sys.executable, "-m", "nomoat", "map", "--write"]
            subprocess.run(command, cwd=made.root, env=made.environment(), check=True, stdout=subprocess.DEVNULL)
            cast.open()
            cast.responder = cast.stage.background("respond", "--auto")
            for number in range(attackers):
                attack(cast, f"attacker{number}")
            found = sorted(durations(cast))
        finally:
            cast.close()
            receiver.close()
    median = statistics.median(found)
    print(f"alert to first refusal, {len(found)} of {attackers} attackers:")
    print(f"  median {median:.3f} s   min {found[0]:.3f} s   max {found[-1]:.3f} s   (asked: median under 1 s)")
    return 0 if median < 1 and len(found) == attackers else 1


if __name__ == "__main__":
    sys.exit(main())
