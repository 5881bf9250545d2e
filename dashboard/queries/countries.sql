-- Countries, regions and the world, where a figure is held for them or for a place in them. Alphabetical.
select
    code,
    name,
    level
from showable()
where level in ('country', 'region', 'world')
group by all
order by strip_accents(lower(name)), code;
