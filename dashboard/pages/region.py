"""Region."""

from dashboard import frame
from dashboard.data import Opened


def page() -> None:
    """The whole page."""
    frame.page("region", body)


def body(opened: Opened) -> None:
    """To be written."""


if __name__ == "__main__":
    page()
