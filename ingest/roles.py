"""Who may do what: roles from the ledger, what each may do from `roles.toml`.

A person is a keyed hash of what a log-in says of them (issuer and subject), so the ledger holds no name, and whoever
has the ledger without the key finds nobody in it. An actor is read from the ledger again each time something is asked.
"""

import hmac
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ingest import keys, ledger
from ingest.folder import Folder
from schemas.said import said

TABLE = Path(__file__).with_suffix(".toml")
SHORTEST = 6
"""Digits of a person's hash in a role id; more only where two people share them."""
ORGANISATION = re.compile(r"[a-z][a-z0-9_-]{1,39}")


class NotAllowed(Exception):
    """Someone asked for what their role does not allow; the message says so in a sentence."""


class RoleRefused(Exception):
    """A role that cannot be given or taken as asked; the message says why."""


@dataclass(frozen=True)
class May:
    """What a role may do; `roles.toml` says what each list means."""

    any: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    revokes: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class Actor:
    """Someone who asks for something: how the ledger calls them, what they are, and for which organisation."""

    role_id: str
    roles: frozenset[str]
    organisation: str | None = None


@dataclass(frozen=True)
class Grant:
    """A role somebody has from a day on: `until` is the last day of it, None where it has no end."""

    person: str
    role: str
    organisation: str | None
    until: date | None
    actor: str

    def stands(self, today: date) -> bool:
        """Whether it has not come to its end."""
        return self.until is None or today <= self.until


@dataclass(frozen=True)
class Held:
    """All roles of a ledger: the grants nobody has revoked, and how each person is called in short."""

    grants: tuple[Grant, ...] = ()
    short: Mapping[str, str] = field(default_factory=dict)


@cache
def table() -> dict[str, May]:
    """Role → what it may do, from the one that may least to the one that may most."""
    loaded = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {role: May(**{name: tuple(listed) for name, listed in may.items()}) for role, may in loaded.items()}


LOCAL = Actor("local", frozenset(table()))
"""Whoever owns the data folder: on the command line, or before a portal on loopback. May do everything."""


def person(issuer: str, subject: str) -> str:
    """The keyed hash that stands for someone whom `issuer` knows as `subject`: 32 hex digits. Raises OSError."""
    asked = f"{len(issuer)}:{issuer}{subject}".encode()
    return hmac.new(keys.key("roles"), asked, sha256).hexdigest()[:32]


def actor(folder: Folder, person: str, today: date) -> Actor:
    """What the ledger says today of a person; a viewer where it says nothing. Raises ledger.BrokenLedger."""
    known = held(folder)
    standing = [grant for grant in known.grants if grant.person == person and grant.stands(today)]
    roles = frozenset({"viewer", *(grant.role for grant in standing)})
    first = [role for role in table() if role in roles][-1]
    organisation = next((grant.organisation for grant in reversed(standing) if grant.organisation), None)
    return Actor(f"{first}-{_short(known, person)}", roles, organisation)


def who(role_id: str) -> str:
    """What of a role id stays a person's, whatever roles they get or lose."""
    return role_id.rpartition("-")[2]


def allowed(actor: Actor, act: str, organisation: str | None = None) -> bool:
    """Whether an actor may do an act, for data of this organisation where it is any one's."""
    if act not in _acts():
        raise ValueError(f"'{act}' is no act of roles.toml")
    if actor == LOCAL:
        return True
    own = organisation is not None and organisation == actor.organisation
    return any(
        act in may.any or (act in may.own and own) or (act in may.others and not own)
        for may in (table()[role] for role in actor.roles)
    )


def demand(actor: Actor, act: str, organisation: str | None = None) -> None:
    """Raises NotAllowed unless the actor may do the act, for data of this organisation where it is any one's."""
    if allowed(actor, act, organisation):
        return
    if any(act in may.others for may in (table()[role] for role in actor.roles)):
        raise NotAllowed(said("Nobody reviews what their own organisation has submitted. Another steward can."))
    if any(act in may.own for may in (table()[role] for role in actor.roles)):
        raise NotAllowed(said("This belongs to another organisation; only that organisation may change it."))
    raise NotAllowed(said("Your account has no role that allows this. Ask the people who run this commons."))


@cache
def _acts() -> frozenset[str]:
    return frozenset(act for may in table().values() for act in (*may.any, *may.own, *may.others))


def grant(
    folder: Folder,
    by: Actor,
    person: str,
    role: str,
    *,
    organisation: str | None = None,
    until: date | None = None,
    today: date,
) -> dict[str, Any]:
    """Gives a role to a person, up to and including the day `until`; returns the act of the ledger.

    A contributor contributes for an organisation, `a-z 0-9 _ -`. Raises NotAllowed and RoleRefused.
    """
    _demand_role(by, role, "grants")
    if not ledger.PERSON.fullmatch(person):
        raise RoleRefused(said("A person is given by the code they see after they log in: 32 digits and letters."))
    if (role == "contributor") != (organisation is not None):
        raise RoleRefused(said("A contributor, and nobody else, is given a role for one organisation: name it."))
    if organisation is not None and not ORGANISATION.fullmatch(organisation):
        raise RoleRefused(
            said("An organisation is named in 2 to 40 small letters, digits, _ or -, such as {}.", "viva_rio")
        )
    if until is not None and until < today:
        raise RoleRefused(said("The last day of a role is today or later, not {}.", until.isoformat()))
    with ledger.lock(folder):
        if by != LOCAL and who(by.role_id) == _short(held(folder), person):
            raise NotAllowed(said("Nobody gives a role to themselves. Ask another person."))
        others = actor(folder, person, today).roles
        if any(role in table()[other].apart or other in table()[role].apart for other in others):
            raise RoleRefused(
                said("A data-protection officer judges the others and so holds no other role with data or accounts.")
            )
        return ledger.append(
            folder,
            "granted",
            person=person,
            role=role,
            organisation=organisation,
            until=until.isoformat() if until else None,
            actor=by.role_id,
        )


def revoke(folder: Folder, by: Actor, person: str, role: str) -> dict[str, Any]:
    """Takes a role from a person at once; returns the act of the ledger. Raises NotAllowed and RoleRefused."""
    _demand_role(by, role, "revokes")
    with ledger.lock(folder):
        if not any(grant.person == person and grant.role == role for grant in held(folder).grants):
            raise RoleRefused(said("This person does not have that role."))
        return ledger.append(folder, "revoked", person=person, role=role, actor=by.role_id)


def _demand_role(by: Actor, role: str, which: str) -> None:
    if role not in table() or role == "viewer":
        names = ", ".join(name for name in table() if name != "viewer")
        raise RoleRefused(said("There is no role “{}” to give or to take. There are: {}.", role, names))
    if by != LOCAL and not any(role in getattr(table()[has], which) for has in by.roles):
        raise NotAllowed(said("Your account may not give or take the role “{}”.", role))


def held(folder: Folder) -> Held:
    """All roles of the ledger. Raises ledger.BrokenLedger: from a chain that is not whole nobody gets a role."""
    try:
        there = folder.ledger.stat()
    except FileNotFoundError:
        return Held()
    # An act makes the file longer; whatever else is done to it changes one of the other two.
    return _held(folder, there.st_size, there.st_mtime_ns, there.st_ino)


@lru_cache(maxsize=4)
def _held(folder: Folder, _size: int, _changed: int, _inode: int) -> Held:
    ledger.verify(folder)
    grants: dict[tuple[str, str], Grant] = {}
    short: dict[str, str] = {}
    for act in ledger.entries(folder):
        if act["act"] == "granted":
            until = date.fromisoformat(act["until"]) if act["until"] else None
            given = Grant(act["person"], act["role"], act["organisation"], until, act["actor"])
            # The last one counts, and stands last.
            grants.pop((given.person, given.role), None)
            grants[given.person, given.role] = given
            short.setdefault(given.person, _shortest(given.person, short))
        elif act["act"] == "revoked":
            grants.pop((act["person"], act["role"]), None)
    return Held(tuple(grants.values()), short)


def _short(known: Held, person: str) -> str:
    return known.short.get(person) or _shortest(person, known.short)


def _shortest(person: str, taken: Mapping[str, str]) -> str:
    """The first digits of a person's hash that are no one else's."""
    return next(person[:length] for length in range(SHORTEST, len(person) + 1) if person[:length] not in taken.values())
