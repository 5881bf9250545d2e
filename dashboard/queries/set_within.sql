-- The second-level places of a first-level place. Alphabetical.
select
    place.code,
    place.name
from place_up
inner join place on place_up.place = place.code
where place_up.ancestor = $place and place.level = 'admin2' and place.kind <> 'own_register'
order by place.name, place.code;
