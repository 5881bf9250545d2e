"""What an operator is handed: the unit of a viewer is sound and shut, and the pieces name the same things."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.proxy import _prepare, free_port
from dashboard.portal import upload

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT = DEPLOY / "commons-viewer@.service"
GREEN, PORTAL = DEPLOY / "commons-green@.service", DEPLOY / "commons-portal.service"
UNITS = (UNIT, GREEN, PORTAL)


@pytest.fixture(params=UNITS, ids=lambda unit: unit.name)
def analyse(tmp_path: Path, request: pytest.FixtureRequest) -> list[str]:
    """systemd's own check of a unit, with a program that exists on this machine in the place of ours."""
    if not shutil.which("systemd-analyze"):
        if os.environ.get("CI"):
            pytest.fail("systemd-analyze is not installed, though CI is set")
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / request.param.name.replace("@", "@8501")
    text = request.param.read_text(encoding="utf-8").replace("/opt/commons/.venv/bin/commons", "/bin/true")
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


def test_the_pieces_with_accounts_name_the_same_things() -> None:
    nginx, green, portal = (
        (DEPLOY / name).read_text(encoding="utf-8") for name in ("nginx-accounts.conf", GREEN.name, PORTAL.name)
    )
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", nginx)) == {"8551", "8601"}
    assert "commons-green@8551" in green
    assert "commons-green@8551" in guide
    assert "commons portal --port 8601" in portal
    for text, name in ((green, "green.example.org"), (portal, "portal.example.org")):
        # Without a name of its own it would take whoever comes through the proxy for the machine's owner.
        assert f"COMMONS_HOSTS={name}" in text
        assert f"server_name {name};" in nginx
        assert f"https://{name}/oauth2callback" in guide
    for path in re.findall(r"/srv/commons/keys[\w-]*/[\w.-]+", f"{green}{portal}"):
        assert Path(path).name in guide
    shipped = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for name in re.findall(r"\$(commons_\w+)|zone=(commons_\w+)|limit_conn (commons_\w+)", nginx):
        assert any(part in shipped for part in name if part)


def test_each_tier_has_a_user_and_a_group_of_its_own() -> None:
    users = {unit.name: re.findall(r"^User=(\S+)", unit.read_text(encoding="utf-8"), re.MULTILINE) for unit in UNITS}
    assert users == {UNIT.name: ["commons-viewer"], GREEN.name: ["commons-participants"], PORTAL.name: ["commons"]}
    public = UNIT.read_text(encoding="utf-8")
    assert "COMMONS_TIER=clear" in public
    assert "SupplementaryGroups" not in public
    assert "KEYS" not in public
    green = GREEN.read_text(encoding="utf-8")
    assert "COMMONS_TIER=green" in green
    assert re.findall(r"SupplementaryGroups=(.*)", green) == ["commons-green"]
    assert re.findall(r"COMMONS_KEYS=(\S+)", green) == ["/srv/commons/keys-green"], "no other key"
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for name in ("commons-participants", "COMMONS_GROUP_GREEN=commons-green", "COMMONS_GROUP_AMBER=commons-amber"):
        assert name in guide


def test_the_proxy_takes_the_pieces_with_accounts(tmp_path: Path) -> None:
    if not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or not shutil.which("openssl"):
        pytest.skip("nginx or openssl is not installed")
    _, command = _prepare(tmp_path, [8501, 8502])
    text = (DEPLOY / "nginx-accounts.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/nginx/commons/", f"{tmp_path}/commons/").replace(
        "listen 443 ", f"listen 127.0.0.1:{free_port()} "
    )
    (tmp_path / "conf.d" / "zz-accounts.conf").write_text(text, encoding="utf-8")
    done = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr


def test_the_guide_explains_each_relaxation_of_the_policy() -> None:
    from dashboard.guard import POLICY

    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for word in re.findall(r"'unsafe-\w+'|\b(?:data|blob):", POLICY):
        assert word in guide
    assert not re.search(r"https?:|\*", POLICY), "no outside host"


def test_a_piece_of_a_file_passes_the_proxy_before_the_portal() -> None:
    nginx = (DEPLOY / "nginx-accounts.conf").read_text(encoding="utf-8")
    ((location, size),) = re.findall(r"location (\S+) \{[^}]*client_max_body_size (\d+)m;", nginx)
    assert location == upload.HERE
    assert int(size) * 2**20 == upload.PIECE
    # Waiting for its turn, not refused: a refused piece makes the next ones small.
    ((zone, burst),) = re.findall(r"location /upload/ \{[^}]*limit_req zone=(\w+) burst=(\d+);", nginx)
    assert int(burst) > 0
    assert f"zone={zone}:" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert "upload_file" not in nginx
