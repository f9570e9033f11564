"""Installs nomoat's wheel into an empty environment and adds up its files: at most 35 MB, bytecode not counted.

    python benchmarks/install_size.py

pip and setuptools, which the environment brings itself, do not count.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT_MB = 35


def sizes(packages: Path) -> dict[str, int]:
    """Bytes by top-level folder or file of an environment's packages."""
    found: dict[str, int] = {}
    for path in packages.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            name = path.relative_to(packages).parts[0]
            found[name] = found.get(name, 0) + path.stat().st_size
    own = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
    return {name: size for name, size in found.items() if not name.startswith(own)}


def main() -> int:
    """Prints the largest parts and the sum."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, str(ROOT)], check=True, stdout=-3)
        venv.create(target / "env", with_pip=True)
        python = target / "env" / "bin" / "python"
        wheel = next(target.glob("nomoat-*.whl"))
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-compile", wheel], check=True)
        found = sizes(next((target / "env" / "lib").glob("python3*")) / "site-packages")
    total_mb = sum(found.values()) / 1e6
    for name, size in sorted(found.items(), key=lambda item: -item[1])[:8]:
        print(f"{size / 1e6:6.1f} MB  {name}")
    print(f"{total_mb:6.1f} MB  in all (limit {LIMIT_MB})")
    return 0 if total_mb <= LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
