-- The same counted: how many places of a set are in each status, year by year and class by class.
select
    coverage.provenance,
    coverage.year,
    count(*) as places,
    count(*) filter (where coverage.status in ('reported_number', 'reported_zero')) as with_figure,
    count(*) filter (where coverage.status = 'reported_number') as reported_number,
    count(*) filter (where coverage.status = 'reported_zero') as reported_zero,
    count(*) filter (where coverage.status = 'suppressed') as suppressed,
    count(*) filter (where coverage.status = 'breakdown_only') as breakdown_only,
    count(*) filter (where coverage.status = 'not_yet_published') as not_yet_published,
    count(*) filter (where coverage.status = 'file_held_no_figure_for_place') as file_held_no_figure_for_place,
    count(*) filter (where coverage.status = 'no_file_held') as no_file_held
from coverage_by_class as coverage
inner join in_set($set, $places) as member
    on coverage.place = member.place and coverage.year between member.first_year and member.last_year
where coverage.concept = $concept and coverage.year between $first and $last
group by coverage.provenance, coverage.year
order by case coverage.provenance when 'official' then 1 when 'combined' then 2 else 3 end, coverage.year;
