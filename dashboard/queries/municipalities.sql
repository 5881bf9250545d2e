-- Every smaller place of one state: municipalities, cities, areas. Alphabetical.
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
    where
        code = held and code <> $state and held in (
            select above.held from showable() as above
            where above.code = $state
        )
) as found
order by strip_accents(lower(name)), code;
