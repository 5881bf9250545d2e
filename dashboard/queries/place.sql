-- One place, the state and country it lies in (itself where it is one), and whether places are known to lie in it.
select
    place.code,
    place.name,
    place.level,
    any_value(up.code) filter (where up.level in ('country', 'region', 'world')) as country,
    any_value(up.name) filter (where up.level in ('country', 'region', 'world')) as country_name,
    -- The uppermost place below the country.
    any_value(up.code) filter (where above.level = 'country') as state,
    any_value(up.name) filter (where above.level = 'country') as state_name,
    exists(
        select 1 from place as inside
        where inside.parent = $place
    ) as has_places
from place
inner join place_up on place.code = place_up.place
inner join place as up on place_up.ancestor = up.code
left join place as above on up.parent = above.code
where
    place.code = $place
    -- Of a country, not the region and the world it lies in.
    and (up.code = place.code or up.level not in ('region', 'world'))
group by place.code, place.name, place.level;
