-- States and what lies in no state, of one country. Alphabetical.
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
        (country = $country and level = 'admin1') or (parent = $country and level not in ('country', 'region', 'world'))
) as found
order by strip_accents(lower(name)), code;
