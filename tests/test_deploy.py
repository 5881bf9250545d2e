"""What an operator is handed: the unit of a viewer is sound and shut, and the pieces name the same things."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT = DEPLOY / "commons-viewer@.service"


@pytest.fixture
def analyse(tmp_path: Path) -> list[str]:
    """systemd's own check of the unit, with a program that exists on this machine in the place of the viewer's."""
    if not shutil.which("systemd-analyze"):
        if os.environ.get("CI"):
            pytest.fail("systemd-analyze is not installed, though CI is set")
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "commons-viewer@8501.service"
    text = UNIT.read_text(encoding="utf-8").replace("/opt/commons/.venv/bin/commons", "/bin/true")
    unit.write_text(text.replace("WorkingDirectory=/opt/commons", "WorkingDirectory=/"), encoding="utf-8")
    return [str(unit)]


def test_the_unit_of_a_viewer_is_sound(analyse: list[str]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *analyse], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_unit_of_a_viewer_is_shut(analyse: list[str]) -> None:
    """Exposure from 0 to 10, as systemd counts it."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", *analyse]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_pieces_name_the_same_things() -> None:
    nginx, unit = ((DEPLOY / name).read_text(encoding="utf-8") for name in ("nginx.conf", UNIT.name))
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    ports = re.findall(r"server 127\.0\.0\.1:(\d+)", nginx)
    assert ports
    for port in ports:
        assert f"commons-viewer@{port}" in unit
        assert f"commons-viewer@{port}" in guide
    assert "COMMONS_HOSTS=commons.example.org" in unit
    assert "server_name commons.example.org;" in nginx
    for path in re.findall(r"ssl_certificate(?:_key)? +(\S+);", nginx):
        assert path in guide
    for name in re.findall(r"`((?:dashboard|tests|bench|deploy)/[^`*]+)`", guide):
        assert (DEPLOY.parent / name.split()[0]).exists(), name


def test_the_guide_explains_each_relaxation_of_the_policy() -> None:
    from dashboard.guard import POLICY

    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for word in re.findall(r"'unsafe-\w+'|\b(?:data|blob):", POLICY):
        assert word in guide
    assert not re.search(r"https?:|\*", POLICY), "no outside host"
