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
order by name, code;
