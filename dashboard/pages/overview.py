"""Overview."""

from dashboard import address, frame
from dashboard.data import Opened


def page() -> None:
    """The whole page."""
    frame.page(address.OVERVIEW, body)


def body(opened: Opened) -> None:
    """To be written."""


if __name__ == "__main__":
    page()
