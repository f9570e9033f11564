"""Makes the project folder of the demo: a copy of the bundled shop with fresh keys and passwords.

Gives a `Project`: where it lies and the environment its services run in. Nothing secret is ever part of the package.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from nomoat.errors import UsageError

#: How many kept projects may stand side by side.
_MOST = 100
_BUNDLED = Path(__file__).parent / "shop"
PEOPLE = ("ana", "ben", "mallory", "kim", "olga")


@dataclass(frozen=True, slots=True)
class Project:
    """The demo's folder, the passwords of its users, and the variables its services need."""

    root: Path
    passwords: dict[str, str]
    variables: dict[str, str]

    def environment(self) -> dict[str, str]:
        """This process's environment with the project's variables in it."""
        # Locally started services must never be reached through a proxy of the machine.
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        paths = [str(self.root), *filter(None, [inherited.get("PYTHONPATH")])]
        return {**inherited, **self.variables, "PYTHONPATH": os.pathsep.join(paths)}


def free_folder(wanted: Path) -> Path:
    """The folder itself where it is absent or empty, else the next that is: shop-demo, shop-demo-2, ..."""
    for number in range(1, _MOST + 1):
        found = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if not found.exists() or (found.is_dir() and not any(found.iterdir())):
            return found
    raise UsageError(f"{_MOST} projects stand here already", where=str(wanted), fix="name another folder")


def make(root: Path, *, webhook_url: str, shop_url: str) -> Project:
    """Copies the shop to `root`, a folder that is absent or empty, and makes its keys."""
    ignored = shutil.ignore_patterns("fixed", "__pycache__")
    shutil.copytree(_BUNDLED, root, dirs_exist_ok=True, ignore=ignored)
    (root / ".gitignore").write_text(
        "keys/\nenvironment.sh\n*.db\n*.log\n.nomoat/state/\n__pycache__/\n", encoding="utf-8"
    )
    _mesh_keys(root / "keys")
    variables = {
        "SHOP_JWT_KEY": secrets.token_hex(32),
        "UNSUBSCRIBE_KEY": secrets.token_hex(32),
        "MESH_KEYS": str(root / "keys" / "mesh.jwks"),
        "BILLING_KEY": str(root / "keys" / "billing.jwk"),
        "SHOP_DB": str(root / "shop.db"),
        "BILLING_DB": str(root / "billing.db"),
        "SHOP_URL": shop_url,
        "SECURITY_WEBHOOK": webhook_url,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Project(root, {name: secrets.token_urlsafe(12) for name in PEOPLE}, variables)


def apply_fix(project: Project, bundled: Path = _BUNDLED) -> list[str]:
    """Copies the repaired files over the flawed ones and gives their names."""
    fixed = bundled / "fixed"
    # An installer leaves compiled files beside the source: they are no part of the fix.
    files = (path for path in fixed.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names = sorted(str(path.relative_to(fixed)) for path in files)
    for name in names:
        shutil.copyfile(fixed / name, project.root / name)
    return names


def _mesh_keys(folder: Path) -> None:
    from joserfc.jwk import ECKey

    folder.mkdir(mode=0o700)
    key = ECKey.generate_key("P-256", {"kid": f"billing-{secrets.token_hex(4)}", "use": "sig", "alg": "ES256"})
    private = folder / "billing.jwk"
    private.touch(mode=0o600)
    private.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
    (folder / "mesh.jwks").write_text(json.dumps({"keys": [key.as_dict(private=False)]}), encoding="utf-8")
