-- Every smaller place of one state: municipalities, cities, areas. Alphabetical.
select distinct
    code,
    name,
    level
from shown_place
where
    code = held and code <> $state and held in (
        select above.held from shown_place as above
        where above.code = $state
    )
order by strip_accents(lower(name)), code;
