-- Which of some codes are places, with the country they lie in. Alphabetical.
select
    place.code,
    place.name,
    place.level,
    place.country,
    country.name as country_name
from place
left join place as country on place.country = country.code
where list_contains($places::varchar[], place.code) and place.level not in ('region', 'world')
order by place.name, place.code;
