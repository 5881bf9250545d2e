-- The sources of one panel with the mark each is drawn with. Alphabetical.
select
    source,
    name,
    provenance,
    row_number() over (order by name, source) as number,
    row_number() over (partition by provenance order by name, source) as number_of_kind
from (
    select distinct
        source,
        name,
        provenance
    from shown($place, $concept)
    where panel = $panel and year between $first and $last
) as found
order by name, source;
