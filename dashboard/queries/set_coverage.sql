-- What is held of each place of a set in each year, by class of source. Years in which a place was no member have no row,
-- nor have places below the state, of which this is not kept; where no source could speak of a place, no file is held.
select
    place.code,
    place.name,
    slot.year,
    coalesce(any_value(coverage.status) filter (where coverage.provenance = 'official'), 'no_file_held') as official,
    coalesce(any_value(coverage.status) filter (where coverage.provenance = 'combined'), 'no_file_held') as combined,
    coalesce(any_value(coverage.status) filter (where coverage.provenance = 'non_official'), 'no_file_held')
        as non_official
from in_set($set, $places) as member
inner join place on member.place = place.code
inner join (select unnest(range($first::integer, $last::integer + 1)) as year) as slot
    on slot.year between member.first_year and member.last_year
left join coverage_by_class as coverage
    on place.code = coverage.place and slot.year = coverage.year and coverage.concept = $concept
where place.level in ('country', 'admin1')
group by all
order by place.name, place.code, slot.year;
