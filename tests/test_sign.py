"""Signatures: a release is what the operator signed, for whoever has the public key; without a key it is unsigned."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from durability.commands import add, build, current, run

from ingest import keys
from ingest.folder import Folder
from warehouse import sign
from warehouse.release import manifest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commons with a release that nobody signed."""
    data = tmp_path_factory.mktemp("built") / "data"
    add(data, "gva")
    build(data)
    return data


@pytest.fixture
def data(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def signed(data: Path) -> Path:
    """The same, signed."""
    folder = Folder(data)
    sign.make_key(folder)
    assert sign.sign(folder, current(data) or "")
    return data


def verified(data: Path, *words: object) -> tuple[int, str]:
    done = run(data, "verify", *words)
    assert "Traceback" not in done.err, done.err
    return done.code, done.out + done.err


def test_without_a_key_a_release_is_unsigned_and_not_broken(data: Path) -> None:
    code, said = verified(data)
    assert code == 0
    assert "none on 1 of the releases (unsigned)" in said
    assert not sign.sign(Folder(data), current(data) or "")
    assert not keys.path("signing").exists()


def test_a_release_carries_the_ledgers_head(built: Path) -> None:
    folder = Folder(built)
    head = manifest(folder, current(built) or "")["ledger"]
    lines = [json.loads(line) for line in folder.ledger.read_text(encoding="utf-8").splitlines()]
    assert [line["act"] for line in lines] == ["received", "accepted", "released"]
    assert head == {"n": 2, "hash": lines[1]["hash"]}


@pytest.mark.parametrize("left", [0, 1])
def test_verify_finds_a_ledger_cut_below_a_release(data: Path, left: int) -> None:
    lines = Folder(data).ledger.read_bytes().splitlines(keepends=True)
    Folder(data).ledger.write_bytes(b"".join(lines[:left]))
    code, said = verified(data)
    assert code == 2
    assert f"line {left + 1} of the ledger is missing" in said


def test_a_build_signs_and_its_id_is_the_same(data: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(data)
    sign.make_key(folder)
    # The process that runs commands was started with other keys.
    from warehouse.publish import build as build_here

    release = build_here(folder)
    assert release == current(built)
    key = sign.trusted(folder)
    assert sign.check(folder, release, key) == sign.fingerprint(key[0])
    shutil.rmtree(folder.releases / release)
    assert build_here(folder) == release
    sign.check(folder, release, key)
    before = (folder.releases / release / "signature.json").read_bytes()
    sign.sign(folder, release)
    assert (folder.releases / release / "signature.json").read_bytes() == before


def test_what_is_signed_is_verified_with_the_key_of_the_data_folder_or_the_one_given(signed: Path) -> None:
    public = signed / "signing.pub"
    for words in ([], ["--key", public]):
        code, said = verified(signed, *words)
        assert (code, "Signatures: 1 of the key" in said) == (0, True), said


@pytest.mark.parametrize("file", ["manifest.json", "signature.json"])
def test_a_changed_manifest_or_signature_is_found(signed: Path, file: str) -> None:
    path = Folder(signed).releases / (current(signed) or "") / file
    path.chmod(0o644)
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('"rows": ', '"rows":  ', 1) if file == "manifest.json" else text.replace('": "', '": "0', 9),
        encoding="utf-8",
    )
    code, said = verified(signed)
    assert code == 2
    assert "signature" in said


def test_a_signature_by_a_stranger_does_not_count(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one moved over from another release."""
    folder, release = Folder(signed), current(signed) or ""
    public = tmp_path / "operator.pub"
    shutil.copy(signed / "signing.pub", public)
    (folder.releases / "0123456789ab").mkdir()
    for name in ("manifest.json", "signature.json"):
        shutil.copy(folder.releases / release / name, folder.releases / "0123456789ab" / name)
    with pytest.raises(sign.NotSigned, match="not by a key that is trusted"):
        sign.check(folder, "0123456789ab", sign.trusted(folder))
    shutil.rmtree(folder.releases / "0123456789ab")
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "stranger"))
    keys.key("signing")
    assert sign.sign(folder, release)
    with pytest.raises(sign.NotSigned):
        sign.check(folder, release, sign.trusted(folder, public))
    code, said = verified(signed, "--key", public)
    assert code == 2
    assert "not by a key that is trusted here" in said


def test_whoever_gives_a_key_wants_a_signature(data: Path, signed: Path) -> None:
    """Else a forger would only have to take it away."""
    folder = Folder(data)
    (folder.releases / (current(data) or "") / "signature.json").unlink()
    assert verified(data)[0] == 0
    code, said = verified(data, "--key", data / "signing.pub")
    assert code == 2
    assert "carries no signature" in said


def test_a_copy_of_the_releases_alone_is_checked_with_the_key(signed: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(signed / "releases", mirror / "releases")
    shutil.copy(signed / "CURRENT", mirror)
    public = signed / "signing.pub"
    code, said = verified(mirror, "--key", public)
    assert code == 0, said
    assert "this is a copy" in said
    assert "every part's hash fits" in said
    part = next((mirror / "releases").glob("*/parts/figure/*.parquet"))
    part.chmod(0o644)
    part.write_bytes(part.read_bytes()[:-1])
    code, said = verified(mirror, "--key", public)
    assert (code, "part figure of gva has changed" in said) == (2, True)


def test_openssl_reads_the_key_and_the_signature(signed: Path, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder, release = Folder(signed), current(signed) or ""
    said = json.loads((folder.releases / release / "signature.json").read_text(encoding="utf-8"))
    (tmp_path / "message").write_text(f"{release} {said['manifest']}\n", encoding="utf-8")
    (tmp_path / "signature").write_bytes(bytes.fromhex(said["signature"]))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(folder.releases / release / "signing.pub")]
    command += ["-rawin", "-in", str(tmp_path / "message"), "-sigfile", str(tmp_path / "signature")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_key_leaves_older_signatures_good(signed: Path) -> None:
    folder, release = Folder(signed), current(signed) or ""
    with pytest.raises(FileExistsError, match="There is a key already"):
        sign.make_key(folder)
    keys.path("signing").rename(keys.folder() / "signing.old")
    sign.make_key(folder)
    sign.check(folder, release, sign.trusted(folder))
    assert len(sign.trusted(folder, signed / "signing.pub")) == 2


def test_a_file_that_holds_no_key_is_refused_in_words(signed: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("ssh-ed25519 AAAA\n", encoding="utf-8")
    code, said = verified(signed, "--key", wrong)
    assert code == 2
    assert "holds no public key of this kind" in said
