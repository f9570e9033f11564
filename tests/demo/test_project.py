"""The project folder of the demo, made from what is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

from nomoat.demo import project as project_folder

_BUNDLED = Path(project_folder.__file__).parent / "shop"


def test_what_an_installer_compiled_is_no_part_of_the_fix(tmp_path: Path) -> None:
    made = project_folder.make(tmp_path / "shop", webhook_url="http://127.0.0.1:9", shop_url="http://127.0.0.1:9")
    bundled = tmp_path / "bundled"
    shutil.copytree(_BUNDLED, bundled)
    compiled = bundled / "fixed" / "shop" / "__pycache__"
    compiled.mkdir(exist_ok=True)
    (compiled / "admin.cpython-311.pyc").write_bytes(b"")

    names = project_folder.apply_fix(made, bundled)

    assert ["nomoat.yaml", "shop/admin.py", "shop/catalog.py", "shop/orders.py"] == names
    for name in names:
        assert (bundled / "fixed" / name).read_bytes() == (made.root / name).read_bytes()
