-- The places of a set that were in it at any time of the years asked for, with the days they joined and left.
-- Alphabetical.
select
    member.place as code,
    place.name,
    place.level,
    place.country,
    country.name as country_name,
    member.nested,
    dated.valid_from,
    dated.valid_to
from in_set($set, $places) as member
inner join place on member.place = place.code
left join place as country on place.country = country.code
left join (
    select * from place_member
    where parent = $set and kind = 'community'
) as dated on member.place = dated.child
where member.first_year <= $last and member.last_year >= $first
order by place.name, member.place;
