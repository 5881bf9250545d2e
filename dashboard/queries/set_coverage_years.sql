-- The same counted: how many places of a set are in each status, year by year and class by class.
select
    class.provenance,
    slot.year,
    count(*) as places,
    count(*) filter (where coverage.status in ('reported_number', 'reported_zero')) as with_figure,
    count(*) filter (where coverage.status = 'reported_number') as reported_number,
    count(*) filter (where coverage.status = 'reported_zero') as reported_zero,
    count(*) filter (where coverage.status = 'suppressed') as suppressed,
    count(*) filter (where coverage.status = 'breakdown_only') as breakdown_only,
    count(*) filter (where coverage.status = 'not_yet_published') as not_yet_published,
    count(*) filter (where coverage.status = 'file_held_no_figure_for_place') as file_held_no_figure_for_place,
    count(*) filter (where coalesce(coverage.status, 'no_file_held') = 'no_file_held') as no_file_held
from in_set($set, $places) as member
inner join place on member.place = place.code
inner join (select unnest(range($first::integer, $last::integer + 1)) as year) as slot
    on slot.year between member.first_year and member.last_year
cross join (select unnest(['official', 'combined', 'non_official']) as provenance) as class
left join coverage_by_class as coverage
    on
        place.code = coverage.place
        and slot.year = coverage.year
        and class.provenance = coverage.provenance
        and coverage.concept = $concept
where place.level in ('country', 'admin1')
group by class.provenance, slot.year
order by case class.provenance when 'official' then 1 when 'combined' then 2 else 3 end, slot.year;
