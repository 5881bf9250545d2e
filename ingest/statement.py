"""Statements: what a publisher or a government says of a source or figure, or was invited to say; in the ledger."""

import re
from datetime import UTC, date, datetime
from typing import Any

from ingest import ledger
from ingest.declarations import declared
from ingest.folder import Folder
from schemas.vocabulary import codes

ANSWERS = tuple(code for code in codes("reply_status") if code not in ("open", "invited", "no_reply"))
"""What a statement with a text may be."""

FIGURE = re.compile(r"[0-9a-f]{16}")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
TELEPHONE = re.compile(r"\+\d[\d\s().-]{6,}\d")
PERSON = re.compile(r"^(mr|mrs|ms|miss|dr|prof|sr|sra|dra|m|mme|mlle|herr|frau)\b\.?\s", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
LONGEST_PARTY, LONGEST_TEXT = 200, 4000


class StatementRefused(Exception):
    """A statement that is not recorded; the message says why and what to do."""


def record(
    folder: Folder,
    source: str,
    party: str,
    *,
    text: str | None = None,
    status: str = "replied",
    figure: str | None = None,
    dated: date | None = None,
) -> dict[str, Any]:
    """Adds a statement to the ledger, or an invitation to make one where there is no text; returns the entry.

    `party` is an institution. Raises StatementRefused.
    """
    known = declared(folder)
    if source not in known:
        raise StatementRefused(f"There is no source “{source}”. There are: {', '.join(known)}.")
    if figure is not None and not FIGURE.fullmatch(figure):
        raise StatementRefused(f"“{figure}” is no identifier of a figure: 16 digits and letters from a to f.")
    today = datetime.now(UTC).date()
    if dated is not None and dated > today:
        raise StatementRefused(f"{dated} is still to come.")
    if text is not None and status not in ANSWERS:
        raise StatementRefused(f"A statement is one of {', '.join(ANSWERS)}, not “{status}”.")
    _nothing_personal("party", party, LONGEST_PARTY)
    if PERSON.match(party.strip()) or "\n" in party.strip():
        raise StatementRefused("The party is an institution, not a person: give its name on one line.")
    if text is not None:
        _nothing_personal("text", text, LONGEST_TEXT)
    return ledger.append(
        folder,
        "stated",
        source=source,
        figure_id=figure,
        party=party.strip(),
        dated=(dated or today).isoformat(),
        text=text.strip() if text is not None else None,
        status=status if text is not None else "invited",
    )


def _nothing_personal(what: str, said: str, longest: int) -> None:
    if not said.strip():
        raise StatementRefused(f"The {what} is empty.")
    if len(said) > longest:
        raise StatementRefused(f"The {what} has {len(said):,} characters; at most {longest:,} are kept.")
    if CONTROL.search(said):
        raise StatementRefused(f"The {what} holds a character that cannot be shown. Give plain text.")
    if ADDRESS.search(said) or TELEPHONE.search(said):
        raise StatementRefused(f"The {what} holds an e-mail address or a telephone number; neither is kept.")
