-- Countries, regions and the world, where a figure is held for them or for a place in them. Alphabetical.
select *
from (
    select distinct
        code,
        name,
        level
    from showable()
    where level in ('country', 'region', 'world')
) as found
order by strip_accents(lower(name)), code;
