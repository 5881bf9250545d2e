-- What is held of each place of a set in each year, by class of source; years in which a place was no member have no row.
select
    place.code,
    place.name,
    coverage.year,
    any_value(coverage.status) filter (where coverage.provenance = 'official') as official,
    any_value(coverage.status) filter (where coverage.provenance = 'combined') as combined,
    any_value(coverage.status) filter (where coverage.provenance = 'non_official') as non_official
from coverage_by_class as coverage
inner join in_set($set, $places) as member
    on coverage.place = member.place and coverage.year between member.first_year and member.last_year
inner join place on coverage.place = place.code
where coverage.concept = $concept and coverage.year between $first and $last
group by all
order by place.name, place.code, coverage.year;
