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
    (
        select min(code) from up
        where level in ('country', 'region', 'world')
    ) as country,
    (
        select min(name) from up
        where level in ('country', 'region', 'world')
    ) as country_name,
    -- The uppermost place below the country.
    (
        select min(up.code) from up
        where up.parent = (
            select min(c.code) from up as c
            where c.level = 'country'
        )
    ) as state,
    (
        select min(up.name) from up
        where up.parent = (
            select min(c.code) from up as c
            where c.level = 'country'
        )
    )
        as state_name
from place
where place.code = $place;
