"""Which kept files of one source are two releases of the same thing, so that their cells can be laid side by side."""

from itertools import pairwise

from warehouse.succession import Held, in_order


def releases(held: list[Held]) -> list[tuple[Held, Held]]:
    """Each full file of a source with the next newer one of the same component, in the order of succession.

    Only where a newer file replaces the older as a whole: parts that add up are no releases of one another. Starter
    tables and registers of places are left out.
    """
    ordered = [file for file in in_order(held) if not file.layout.starter and file.layout.table != "place"]
    if not ordered or ordered[0].source.succession != "whole":
        return []
    components = dict.fromkeys(file.layout.component for file in ordered)
    return [
        pair for component in components for pair in pairwise(f for f in ordered if f.layout.component == component)
    ]
