-- One place, and the state and country it lies in (itself where it is one).
with recursive up as (
    select
        code,
        name,
        level,
        parent
    from place
    where code = $place
    union all
    select
        above.code,
        above.name,
        above.level,
        above.parent
    from up
    inner join place as above on up.parent = above.code
    where up.level not in ('country', 'region', 'world')
)

select
    place.code,
    place.name,
    place.level,
    (select code from up where level in ('country', 'region', 'world') limit 1) as country,
    (select name from up where level in ('country', 'region', 'world') limit 1) as country_name,
    -- The uppermost place below the country.
    (select up.code from up where up.parent = (select c.code from up as c where c.level = 'country' limit 1) limit 1) as state,
    (select up.name from up where up.parent = (select c.code from up as c where c.level = 'country' limit 1) limit 1)
        as state_name
from place
where place.code = $place;
