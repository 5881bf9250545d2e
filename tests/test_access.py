"""The operating system keeps tiers apart: the public viewer's user cannot open what is green or amber."""

import grp
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from durability.commands import add, run

from ingest import declarations
from ingest.folder import Folder
from warehouse.publish import build
from warehouse.release import current_id, manifest, open_release
from warehouse.verify import verify

NOBODY = 65534
GREEN, CLEAR = "gva", "soudapaz_sp"

pytestmark = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become another user"
)


def opens(path: Path, *groups: int) -> bool:
    """Whether another user of the machine can open a file."""
    as_other = {"user": NOBODY, "group": NOBODY, "extra_groups": groups}
    done = subprocess.run(["cat", str(path)], capture_output=True, check=False, timeout=20, **as_other)  # type: ignore[call-overload]
    return bool(done.returncode == 0)


def reads(folder: Folder, tier: str, *groups: int) -> bool:
    """Whether another user gets figures of a tier."""
    query = "select count(*), sum(value) from figure"
    return run(folder.root, "sql", query, "--tier", tier, user=NOBODY, groups=groups).code == 0


def leads_back(folder: Folder, source: str) -> bool:
    """Whether another user is led back to the file a public figure of a source comes from."""
    with open_release(folder) as con:
        found = con.execute("select min(figure_id) from figure where source = ?", [source]).fetchall()
    return run(folder.root, "lineage", found[0][0], user=NOBODY).code == 0


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """One source for participants only."""
    loaded = dict(declarations.sources())
    loaded[GREEN] = loaded[GREEN].model_copy(update={"tlp": "TLP:GREEN", "sensitivity": "moderate"})
    monkeypatch.setattr("warehouse.inputs.declared", lambda folder: loaded)


@pytest.fixture
def folder(declared: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Not below the folder of other tests, which only its owner may enter."""
    monkeypatch.setattr("warehouse.checks.run", lambda *arguments: [])
    with tempfile.TemporaryDirectory(prefix="commons-access-") as away:
        Path(away).chmod(0o755)
        data = Path(away) / "data"
        add(data, GREEN, CLEAR)
        yield Folder(data)


def other_group() -> "grp.struct_group":
    return next(group for group in grp.getgrall() if group.gr_gid not in (0, NOBODY))


def test_the_user_of_the_public_viewer_opens_clear_and_nothing_else(folder: Folder) -> None:
    build(folder)
    assert reads(folder, "clear")
    assert not reads(folder, "green")
    assert not reads(folder, "amber")
    root = folder.releases / current_id(folder)
    for part in manifest(folder, root.name)["parts"]:
        assert opens(root / part["file"]) == (GREEN not in part["name"]), part["name"]
    assert not opens(root / "quality.html")
    # A hash of what is withheld would let a guess at it be tested.
    closed = {name: opens(root / name) for name in ("manifest.json", "clear.json", "green.json", "amber.json")}
    assert closed == {"manifest.json": False, "clear.json": True, "green.json": False, "amber.json": False}
    told = (root / "clear.json").read_text(encoding="utf-8")
    restricted = [part for part in manifest(folder, root.name)["parts"] if GREEN in part["name"]]
    assert restricted
    assert not any(part[name] in told for part in restricted for name in ("content", "bytes", "key"))
    assert not any(
        file["snapshot"] in told for file in manifest(folder, root.name)["inputs"] if file["source"] == GREEN
    )
    # Nor the name of a part, by which one who lists the folder could; and nobody else lists it.
    assert not any(part["key"][:16] in part["file"] for part in restricted)
    assert stat.S_IMODE((root / "parts" / "figure").stat().st_mode) == 0o711
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in root.glob("*.duckdb")}
    assert modes == {"clear.duckdb": 0o444, "green.duckdb": 0o400, "amber.duckdb": 0o400}


def test_the_id_of_a_release_with_restricted_sources_is_no_hash_to_guess_by(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is the same for the operator, and another one where the key is another."""
    first = build(folder)
    facts = manifest(folder, first)
    assert verify(folder).holds
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
    again = manifest(folder, build(folder))
    assert again["release"] != first
    assert {(part["view"], part["name"]): part["content"] for part in again["parts"]} == {
        (part["view"], part["name"]): part["content"] for part in facts["parts"]
    }


def test_where_everyone_sees_all_the_manifest_is_open_and_the_id_the_same_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = set()
    for number in range(2):
        monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / f"keys-{number}"))
        data = tmp_path / f"data-{number}"
        add(data, CLEAR)
        ids.add(build(Folder(data)))
        root = Folder(data).releases / current_id(Folder(data))
        assert stat.S_IMODE((root / "manifest.json").stat().st_mode) == 0o444
    assert len(ids) == 1


def test_figures_are_led_back_to_files_of_their_tier_only(folder: Folder) -> None:
    files = [path for path in folder.files.rglob("*") if path.is_file()]
    assert not any(opens(path) for path in files), "not before a build says so"
    build(folder)
    assert leads_back(folder, CLEAR)
    assert [opens(path) for path in files].count(True) == 1
    rows = [*folder.accepted.rglob("*.parquet")]
    readable = [path for path in rows if opens(path)]
    assert 0 < len(readable) < len(rows)
    assert not any(GREEN in str(path) or GREEN.encode() in path.read_bytes() for path in readable)


def test_the_group_of_a_tier_opens_it(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    group = other_group()
    monkeypatch.setenv("COMMONS_GROUP_GREEN", group.gr_name)
    build(folder)
    assert not reads(folder, "green")
    assert reads(folder, "green", group.gr_gid)
    assert not reads(folder, "amber", group.gr_gid)
    for kept in (folder.files, folder.accepted):
        restricted = [path for path in kept.rglob("*") if path.is_file() and not opens(path)]
        assert any(opens(path, group.gr_gid) for path in restricted)
    path = folder.releases / current_id(folder) / "green.duckdb"
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_gid) == (0o440, group.gr_gid)


def test_parts_handed_on_are_never_open_in_between(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part shared with the release before has one mode, and a build does not loosen it on its way."""
    build(folder)
    before = current_id(folder)
    part = next(path for path in (folder.releases / before).rglob("*.parquet") if path.name.startswith(GREEN))
    opened: list[int] = []
    chmod = os.chmod

    def watched(path: Path, mode: int, **more: bool) -> None:
        if Path(path).exists() and Path(path).samefile(part):
            opened.append(mode)
        chmod(path, mode, **more)

    monkeypatch.setattr(os, "chmod", watched)
    add(folder.root, "soudapaz_rj")
    build(folder)
    assert current_id(folder) != before
    assert part.stat().st_nlink == 2
    assert opened == []
    assert not opens(part)


def test_a_group_that_is_not_there_stops_the_build_in_words(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_GROUP_GREEN", "no-such-group")
    with pytest.raises(OSError, match="no group “no-such-group”"):
        build(folder)
    assert not folder.current.exists()
