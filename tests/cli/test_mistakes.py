from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_WRONG = """\
formt: 1
roles:
  admin: {may: [a], includes: [nobody]}
alerts: [{type: traffic_spikes}]
journal: {store: nowhere}
"""


@pytest.mark.parametrize("command", [["policy", "check"], ["watch", "run", "--once"], ["guard", "report"], ["map"]])
def test_a_command_says_the_mistakes_of_every_section_in_the_order_of_the_file(
    tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "nomoat.yaml").write_text(_WRONG)

    done = subprocess.run(
        [sys.executable, "-m", "nomoat", *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert ["1:1", "3:32", "4:17", "5:18"] == [
        line.split("nomoat.yaml:")[1] for line in done.stderr.splitlines() if "nomoat.yaml:" in line
    ]
