-- Countries, regions and the world, where a figure is held for them or for a place in them. Alphabetical.
select
    *,
    -- A select knows its options by their words, so two places of one name are told apart.
    name || case when count(*) over (partition by name) > 1 then ' (' || code || ')' else '' end as label
from (
    select distinct
        code,
        name,
        level
    from showable()
    where level in ('country', 'region', 'world')
) as found
order by strip_accents(lower(name)), code;
