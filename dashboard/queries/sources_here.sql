-- The sources with something to show of a place and a concept. Alphabetical.
select distinct
    name,
    source
from shown($place, $concept)
where year between $first and $last
order by name, source;
