"""Maps as plain Vega-Lite dictionaries: they draw what a query gave them, need no host but this one, and rank nothing.

    from dashboard import maps

    drawn = maps.world(rows)                      # where which kinds of source hold figures
    drawn = maps.below("BRA", rows, …)            # one source, or the ratio of two, one level below a place
    drawn = maps.flows(rows, within="USA")        # corridors between the states of a country, or between countries
    maps.show(drawn, key="where")                 # the map, its key, what is not on it and why, notes, disclaimer

Every function takes rows whose texts are ready in the reader's language and returns a `Map`:

    spec       the Vega-Lite v6 dictionary; the geometry is not in it but in a file this app serves (`static/maps`)
    aspect     width ÷ height of what is drawn
    key        the legend, line by line (`Key`), to be written as HTML: it wraps, prints and is read aloud
    drawn      the rows that are on the map, in the order given: for a text summary and the table beside the map
    left_out   (row, words why) for every row that is not, such as a place without a polygon, point or UN code
    notes      the naming policy's footnotes on the borders drawn and the places spoken of

`world(rows)`
    rows: code (ISO 3166-1 alpha-3), name, classes (any of official, non_official, combined), text (the tooltip).

`below(place, rows, *, provenance="official", ratio_of=None, number=words.number)`
    place: a country (`BRA`) or a state (`BR-RJ`).
    rows: code, name, value (Decimal, float or None), text (the tooltip), and where they apply status (`obs_status`),
    completeness ('partial': the value is "at least"), lat and lon (else those of the register).
    A country's states are coloured polygons; what has no polygon, and everything below a state, is a bubble. Hatched:
    no figure; hatched on grey: the source itself states no number (`obs_status` L, M, O or Q); zero: white, with a 0.
    Raises KeyError where there is no map: ask `country_of(place)` first, which is None then.
    provenance: whose hue the classes take. ratio_of: the two sources' names, where value is the ratio first ÷ second.
    number: how a number is written in the reader's language.

`flows(rows, *, within=None, most=60, number=words.number)`
    rows: origin, origin_name, destination, destination_name, value, text (the tooltip).
    within: the country whose states the codes are; without it they are countries.
    What stays in its place is not drawn but left out with that reason, as are the smallest values where there are more
    than `most`: the limit, a round number, is said under the map.

`show(drawn, *, key, caption)`
    writes all of it to the page; `key` names the map within the page.

`under(drawn)`
    the HTML that must stand under a map or go with its export.
"""

from dashboard.maps.draw import Key, Map, below, flows, world
from dashboard.maps.page import show, under
from dashboard.maps.planes import country_of

__all__ = ["Key", "Map", "below", "country_of", "flows", "show", "under", "world"]
