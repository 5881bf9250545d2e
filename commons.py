"""The command line of the commons."""


def main() -> None:
    """Entry point."""
