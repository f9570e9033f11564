from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.errors import UsageError
from nomoat.survey.python.ignored import Ignored
from nomoat.survey.python.program import read
from nomoat.survey.python.sources import Exclusion, find


def written(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {
            "shop/main.py": "",
            "shop/readme.md": "",
            "venv/pyvenv.cfg": "",
            "venv/lib/a.py": "",
            "node_modules/x/a.py": "",
            "shop/__pycache__/a.py": "",
            "vendor/a.py": "",
            ".gitignore": "build/\n",
            "build/a.py": "",
            "pyproject.toml": "",
        },
    )

    found = find(root, exclude=[Exclusion("vendor/", because="not ours")])

    assert found.files == ["shop/main.py"]
    assert found.markers == ["pyproject.toml"]
    assert {reason: left.examples for reason, left in found.left_out.items()} == {
        "virtual environment": ["venv/"],
        "packages of Node": ["node_modules/"],
        "caches": ["shop/__pycache__/"],
        "excluded: not ours": ["vendor/"],
        "ignored by .gitignore": ["build/"],
    }
    assert find(root, with_ignored=True).files == ["build/a.py", "shop/main.py", "vendor/a.py"]


def test_a_folder_that_ignores_all_it_holds_is_read(tmp_path: Path) -> None:
    """A source distribution that was built in a virtual environment carries its `.gitignore` of one star."""
    root = written(
        tmp_path,
        {".gitignore": "*\n", "shop/main.py": "", "shop/.gitignore": "made.py\n", "shop/made.py": "", "readme.md": ""},
    )

    assert find(root).files == ["shop/main.py"]
    assert find(root / "shop").files == ["main.py"]


def test_a_folder_inside_that_ignores_all_it_holds_is_left_out(tmp_path: Path) -> None:
    root = written(tmp_path, {"main.py": "", "out/.gitignore": "*\n", "out/a.py": ""})

    assert find(root).files == ["main.py"]


def test_links_are_never_followed_and_never_loop(tmp_path: Path) -> None:
    root = written(tmp_path / "tree", {"a/b.py": ""})
    outside = written(tmp_path / "outside", {"secret.py": ""})
    (root / "loop").symlink_to(root)
    (root / "self.py").symlink_to(root / "self.py")
    (root / "out").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "secret.py")
    (root / "gone.py").symlink_to(root / "nothing.py")
    (root / "settings.yaml").symlink_to(outside / "settings.yaml")
    (root / "pyproject.toml").symlink_to(root / "other.toml")

    found = find(root)

    assert found.files == ["a/b.py"]
    assert found.left_out["link out of the tree"].examples == ["out", "out.py", "settings.yaml"]
    assert found.left_out["link within the tree"].count == 4


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root reads every folder")
def test_an_unreadable_folder_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    root = written(tmp_path, {"a.py": "", "closed/b.py": ""})
    (root / "closed").chmod(0)
    script = f"from nomoat.survey.python.sources import find; f = find({str(root)!r}); print(f.files, f.unreadable)"
    as_nobody = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    root.chmod(0o755)
    for parent in root.parents:
        if os.geteuid() == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)

    can_run = subprocess.run([*as_nobody, sys.executable, "-c", "pass"], capture_output=True).returncode == 0
    done = subprocess.run([*as_nobody, sys.executable, "-c", script], capture_output=True, text=True)
    (root / "closed").chmod(0o755)

    if not can_run:
        pytest.skip("another user cannot run this Python")
    assert done.stdout.strip() == "['a.py'] [('closed', 'cannot read this folder: Permission denied')]", done.stderr


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        find(tmp_path / "nothing")


def test_pipes_large_files_and_odd_names_are_reported(tmp_path: Path) -> None:
    root = written(tmp_path, {"large.py": "x = 1\n" * 1_000, "fine.py": "f()\n"})
    os.mkfifo(root / "pipe.py")
    Path(os.fsdecode(os.fsencode(root) + b"/odd\xff\n.py")).write_text("g()\n")

    program, found = read(root, max_bytes=1_000)

    assert found.left_out["no regular file"].examples == ["pipe.py"]
    assert "larger than" in program.modules["large.py"].problem
    assert program.modules["large.py"].loses
    assert len(program.modules) == 3


# Each case: the patterns, a path, and whether git ignores it.
IGNORED = [
    ("*.pyc", "a/b.pyc", True),
    ("build", "a/build", True),
    ("/build", "a/build", False),
    ("/build", "build", True),
    ("a/b", "x/a/b", False),
    ("**/b", "x/y/b", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**", "a/x/y", True),
    ("a/*", "a/x/y", False),
    ("*.py\n!keep.py", "keep.py", False),
    ("!keep.py\n*.py", "keep.py", True),
    ("a?c", "abc", True),
    ("a[bx]c", "abc", True),
    ("a[!b]c", "abc", False),
    ("a[a-c]c", "abc", True),
    ("\\#a", "#a", True),
    ("# a", "# a", False),
    ("a ", "a", True),
    ("a\\*", "a*", True),
    ("a\\*", "ab", False),
    ("folder/", "folder", False),
]


@pytest.mark.parametrize(("patterns", "path", "expected"), IGNORED)
def test_gitignore_decides_as_git_does(patterns: str, path: str, expected: bool) -> None:
    assert bool(Ignored.of(patterns).decides(path, is_folder=False)) is expected


def test_a_nearer_gitignore_wins(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {".gitignore": "*.gen.py\n/top.py\n", "a/.gitignore": "!keep.gen.py\n", "a/keep.gen.py": "", "a/b.gen.py": "",
         "a/top.py": "", "top.py": ""},
    )  # fmt: skip

    assert find(root).files == ["a/keep.gen.py", "a/top.py"]


def test_gitignores_above_the_root_count_too(tmp_path: Path) -> None:
    root = written(tmp_path, {".gitignore": "sub/x.py\n", "sub/x.py": "", "sub/y.py": ""})
    (root / ".git").mkdir()

    assert find(root / "sub").files == ["y.py"]


NAMES = st.sampled_from(["a", "b", "ab", "a.py", "x", "build"])
SEGMENT = st.sampled_from(["a", "b", "*", "a*", "*b", "?", "[ab]", "[!a]", "**", "*.py", "x", "build", "\\a"])
PATTERN = st.tuples(
    st.sampled_from(["", "!", "/", "!/"]),
    st.lists(SEGMENT, min_size=1, max_size=4),
    st.sampled_from(["", "/", "//", " "]),
).map(lambda parts: parts[0] + "/".join(parts[1]) + parts[2])


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge of this test and is not installed")
@settings(deadline=None, max_examples=60)
@given(
    patterns=st.lists(PATTERN, min_size=1, max_size=4),
    path=st.lists(NAMES, min_size=1, max_size=4).map("/".join),
)
def test_gitignore_decides_as_git_itself(
    tmp_path_factory: pytest.TempPathFactory, patterns: list[str], path: str
) -> None:
    root = written(tmp_path_factory.mktemp("tree"), {".gitignore": "\n".join(patterns), path: ""})
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    asked = subprocess.run(["git", "-C", str(root), "check-ignore", "-q", "--no-index", path])
    parts = path.split("/")
    ignored = Ignored.of("\n".join(patterns))

    ours = any(
        ignored.decides("/".join(parts[:length]), is_folder=length < len(parts)) for length in range(1, len(parts) + 1)
    )

    assert ours is (asked.returncode == 0)


def test_a_hostile_pattern_ends() -> None:
    hostile = "*a" * 400 + "*c"

    assert Ignored.of(hostile).decides("a" * 250, is_folder=False) is None
    assert Ignored.of("**/a/" * 100 + "c").decides("a/" * 100 + "b", is_folder=False) is None
