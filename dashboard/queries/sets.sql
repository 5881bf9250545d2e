-- Named sets of places of which a figure is held, and what kind of set each is. Alphabetical.
with held as (
    select distinct place from coverage
    where n_figures > 0
)

select
    set_member.place_set as code,
    any_value(place.name) as name,
    case place.kind when 'community' then 'community' else 'region' end as kind
from set_member
inner join held on set_member.place = held.place
inner join place on set_member.place_set = place.code
where place.level <> 'country'
group by set_member.place_set, place.kind
union all
select
    set_member.place_set as code,
    any_value(place.name) as name,
    'states' as kind
from set_member
inner join held on set_member.place = held.place
inner join place on set_member.place_set = place.code
where place.level = 'country'
group by set_member.place_set
union all
select
    above.code,
    any_value(above.name) as name,
    'municipalities' as kind
from yearly_total as total
inner join place on total.place = place.code
inner join place_up on total.place = place_up.place and place_up.ancestor_level = 'admin1'
inner join place as above on place_up.ancestor = above.code
where place.level = 'admin2' and place.kind <> 'own_register'
group by above.code
order by name, code;
