-- Countries, regions and the world, where a figure is held for them or for a place in them. Alphabetical.
select distinct
    code,
    name,
    level
from shown_place
where level in ('country', 'region', 'world')
order by strip_accents(lower(name)), code;
