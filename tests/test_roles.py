"""Roles: what the table says is what is done, the ledger names nobody, and a role that ends is over."""

import json
import os
import stat
import subprocess
import sys
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from viewer import ROOT

from ingest import keys, ledger, roles
from ingest.folder import Folder
from ingest.roles import LOCAL, Actor, NotAllowed, RoleRefused, table

TODAY = date(2026, 3, 1)
ISSUER, SUBJECT = "https://login.example", "amina.diallo@ngo.example"


@pytest.fixture(autouse=True)
def _own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


def someone(folder: Folder, role: str, name: str = "a", by: Actor = LOCAL, **more: object) -> Actor:
    """The actor of a person who was given a role."""
    who = roles.person(ISSUER, name)
    if role == "contributor":
        more = {"organisation": "viva_rio", **more}
    roles.grant(folder, by, who, role, today=TODAY, **more)  # type: ignore[arg-type]
    return roles.actor(folder, who, TODAY)


ALLOWED = {
    "participant": {"read_green"},
    "contributor": {"read_green", "draft own", "submit own", "withdraw own", "share own", "adopt own"},
    "steward": {"read_green", "read_amber", "withdraw", "withdraw own", "review"},
    "data_protection_officer": {"read_green", "read_amber", "read_ledger", "withdraw", "withdraw own"},
    "administrator": {"read_green", "read_ledger"},
}


@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_may_do_what_the_table_says_and_nothing_else(folder: Folder, role: str) -> None:
    who = someone(folder, role)
    own = Actor(who.role_id, who.roles, "viva_rio")
    found = set()
    for act in ("read_green", "read_amber", "read_ledger", "draft", "submit", "withdraw", "share", "adopt", "review"):
        if roles.allowed(own, act, "another"):
            found.add(act)
        if roles.allowed(own, act, "viva_rio") and not act.startswith("read"):
            found.add(f"{act} own")
    assert found == ALLOWED[role]


def test_who_has_no_role_may_do_nothing(folder: Folder) -> None:
    nobody = roles.actor(folder, roles.person(ISSUER, "x"), TODAY)
    assert nobody.roles == {"viewer"}
    assert not any(roles.allowed(nobody, act, of) for act, of in product(ALL_ACTS, (None, "viva_rio")))
    with pytest.raises(NotAllowed, match="no role that allows this"):
        roles.demand(nobody, "draft", "viva_rio")


ALL_ACTS = sorted({act for may in table().values() for act in (*may.any, *may.own, *may.others)})


def test_on_ones_own_machine_everything_is_allowed() -> None:
    assert all(roles.allowed(LOCAL, act, of) for act, of in product(ALL_ACTS, (None, "viva_rio")))


def test_an_act_that_is_none_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no act"):
        roles.allowed(LOCAL, "reveiw")


def test_refusals_say_what_is_the_matter(folder: Folder) -> None:
    contributor = someone(folder, "contributor")
    steward = someone(folder, "steward", "b")
    roles.demand(contributor, "draft", "viva_rio")
    with pytest.raises(NotAllowed, match="another organisation"):
        roles.demand(contributor, "draft", "gva")
    with pytest.raises(NotAllowed, match="another organisation"):
        roles.demand(contributor, "withdraw")
    with pytest.raises(NotAllowed, match="own organisation"):
        roles.demand(Actor(steward.role_id, steward.roles, "viva_rio"), "review", "viva_rio")


def test_a_role_ends_on_its_last_day_or_when_it_is_taken(folder: Folder) -> None:
    who = roles.person(ISSUER, "a")
    roles.grant(folder, LOCAL, who, "participant", until=TODAY + timedelta(days=2), today=TODAY)
    days = [roles.actor(folder, who, TODAY + timedelta(days=n)).roles for n in range(4)]
    assert [("participant" in held) for held in days] == [True, True, True, False]
    roles.grant(folder, LOCAL, who, "participant", today=TODAY)
    assert "participant" in roles.actor(folder, who, TODAY + timedelta(days=999)).roles
    roles.revoke(folder, LOCAL, who, "participant")
    assert roles.actor(folder, who, TODAY).roles == {"viewer"}
    with pytest.raises(RoleRefused, match="does not have"):
        roles.revoke(folder, LOCAL, who, "participant")


GIVES = {
    "administrator": {"participant", "contributor", "administrator"},
    "data_protection_officer": {"steward"},
}
TAKES = {
    "administrator": {"participant", "contributor", "administrator"},
    "data_protection_officer": {"participant", "contributor", "steward", "administrator"},
}


@pytest.mark.parametrize("giver", ALLOWED)
def test_who_may_see_amber_is_decided_by_the_officer_alone(folder: Folder, giver: str) -> None:
    by = someone(folder, giver)
    for number, role in enumerate(ALLOWED):
        who = roles.person(ISSUER, f"given {number}")
        of = "viva_rio" if role == "contributor" else None
        if role in GIVES.get(giver, ()):
            roles.grant(folder, by, who, role, organisation=of, today=TODAY)
        else:
            with pytest.raises(NotAllowed):
                roles.grant(folder, by, who, role, organisation=of, today=TODAY)
            roles.grant(folder, LOCAL, who, role, organisation=of, today=TODAY)
        if role in TAKES.get(giver, ()):
            roles.revoke(folder, by, who, role)
        else:
            with pytest.raises(NotAllowed):
                roles.revoke(folder, by, who, role)


def test_nobody_gives_a_role_to_themselves(folder: Folder) -> None:
    by = someone(folder, "administrator")
    with pytest.raises(NotAllowed, match="themselves"):
        roles.grant(folder, by, roles.person(ISSUER, "a"), "participant", today=TODAY)


def test_an_officer_holds_no_other_role_with_data_or_accounts(folder: Folder) -> None:
    someone(folder, "data_protection_officer")
    someone(folder, "participant")
    for role in ("steward", "administrator", "contributor"):
        with pytest.raises(RoleRefused, match="judges the others"):
            someone(folder, role)
        someone(folder, role, role)
        with pytest.raises(RoleRefused, match="judges the others"):
            someone(folder, "data_protection_officer", role)


@pytest.mark.parametrize(
    ("role", "more", "words"),
    [
        ("viewer", {}, "no role “viewer”"),
        ("king", {}, "no role “king”"),
        ("contributor", {}, "one organisation"),
        ("steward", {"organisation": "gva"}, "one organisation"),
        ("contributor", {"organisation": "Amina <a@b.example>"}, "small letters"),
        ("steward", {"until": TODAY - timedelta(days=1)}, "today or later"),
    ],
)
def test_what_is_no_grant_is_refused(folder: Folder, role: str, more: dict[str, object], words: str) -> None:
    with pytest.raises(RoleRefused, match=words):
        roles.grant(folder, LOCAL, roles.person(ISSUER, "a"), role, today=TODAY, **more)  # type: ignore[arg-type]
    with pytest.raises(RoleRefused, match="code"):
        roles.grant(folder, LOCAL, SUBJECT, "participant", today=TODAY)
    assert not folder.ledger.exists() or ledger.verify(folder) == 0


def test_role_ids_are_short_and_tell_people_apart(folder: Folder) -> None:
    first, other = "abcdef" + "0" * 26, "abcdef" + "1" * 26
    for who in (first, other):
        roles.grant(folder, LOCAL, who, "participant", today=TODAY)
    assert roles.actor(folder, first, TODAY).role_id == "participant-abcdef"
    assert roles.actor(folder, other, TODAY).role_id == "participant-abcdef1"
    roles.grant(folder, LOCAL, first, "steward", today=TODAY)
    assert roles.actor(folder, first, TODAY).role_id == "steward-abcdef"


def test_the_ledger_names_nobody(folder: Folder, tmp_path: Path) -> None:
    """Neither who logs in, nor where, nor how they are called; without the key nobody is found in it either."""
    someone(folder, "participant", SUBJECT)
    by = someone(folder, "administrator", "b")
    someone(folder, "contributor", SUBJECT, by=by)
    roles.revoke(folder, by, roles.person(ISSUER, SUBJECT), "contributor")
    text = folder.ledger.read_text(encoding="utf-8").lower()
    for word in ("@", "amina", "diallo", "ngo", "login", "example", "http"):
        assert word not in text
    who = roles.person(ISSUER, SUBJECT)
    keys.path("roles").unlink()
    assert roles.person(ISSUER, SUBJECT) != who


@pytest.mark.parametrize("fact", [{"actor": "Amina Diallo"}, {"actor": "a@b.example"}, {"person": "auth0|12345"}])
def test_the_ledger_takes_no_person_but_by_role_id(folder: Folder, fact: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="form"):
        ledger.append(folder, "stated", **fact)
    assert not folder.ledger.exists()


def test_from_a_broken_ledger_nobody_gets_a_role(folder: Folder) -> None:
    who = roles.person(ISSUER, "a")
    roles.grant(folder, LOCAL, who, "participant", today=TODAY)
    text = folder.ledger.read_text(encoding="utf-8")
    folder.ledger.write_text(text.replace("participant", "steward"), encoding="utf-8")
    with pytest.raises(ledger.BrokenLedger, match="line 1 "):
        roles.actor(folder, who, TODAY)


def test_a_change_by_another_process_is_seen_at_once(folder: Folder) -> None:
    who = someone(folder, "participant", "a").role_id
    assert who.startswith("participant-")
    code = roles.person(ISSUER, "a")
    done = commons(folder, "role", "revoke", "participant", "--person", code)
    assert done.returncode == 0, done.stderr
    assert roles.actor(folder, code, TODAY).roles == {"viewer"}


def test_many_questions_read_the_ledger_once(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    code = roles.person(ISSUER, "a")
    someone(folder, "participant", "a")
    read: list[Folder] = []
    monkeypatch.setattr("ingest.ledger.verify", read.append)
    for _ in range(50):
        roles.actor(folder, code, TODAY)
    assert read == []


def commons(folder: Folder, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "commons", *words, "--data", str(folder.root)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ)


def test_the_first_administrator_is_made_on_the_command_line(folder: Folder) -> None:
    done = commons(folder, "role", "grant", "administrator", "--issuer", ISSUER, "--subject", SUBJECT)
    assert (done.returncode, done.stderr) == (0, "")
    code = roles.person(ISSUER, SUBJECT)
    assert done.stdout == f"administrator-{code[:6]} has the role administrator.\n"
    commons(folder, "role", "grant", "participant", "--person", code, "--until", "2999-01-02")
    listed = commons(folder, "role", "list").stdout.splitlines()
    assert listed == [
        f"{code} · administrator-{code[:6]} · administrator, granted by local",
        f"{code} · administrator-{code[:6]} · participant, until 2999-01-02, granted by local",
    ]
    acts = [json.loads(line)["act"] for line in folder.ledger.read_text(encoding="utf-8").splitlines()]
    assert acts == ["granted", "granted"]
    for words in (["grant", "king", "--person", code], ["grant", "steward"], ["revoke", "steward", "--person", code]):
        done = commons(folder, "role", *words)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert done.stderr


def test_keys_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    made = keys.key("roles")
    assert len(made) == 32
    assert keys.key("roles") == made
    assert keys.key("other") != made
    assert stat.S_IMODE(keys.path("roles").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder().stat().st_mode) == 0o700
    assert sorted(path.name for path in keys.folder().iterdir()) == ["other.key", "roles.key"]
    keys.path("roles").write_bytes(b"short")
    with pytest.raises(ValueError, match="damaged"):
        keys.key("roles")
