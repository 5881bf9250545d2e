"""The command line of the commons with one more source, the register of this folder."""

from functools import cache
from pathlib import Path

from ingest import declarations

REGISTER = Path(__file__).parent / "declarations" / "bench_register.toml"
built_in = declarations.sources


@cache
def sources() -> dict[str, declarations.Source]:
    """The built-in declarations and that of the bench."""
    return {REGISTER.stem: declarations.load(REGISTER), **built_in()}


# Replaced before anything imports it by name, so that the product itself needs no way to take in a source.
declarations.sources = sources

if __name__ == "__main__":
    from commons import main

    main()
