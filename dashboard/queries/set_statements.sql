-- Statements that accompany the sources that speak of a set, and their figures of it. Alphabetical by source; then the
-- oldest first.
with here as (
    select distinct
        coverage.source,
        coverage.place
    from coverage
    inner join in_set($set, $places) as member
        on coverage.place = member.place and coverage.year between member.first_year and member.last_year
    where coverage.concept = $concept and coverage.n_figures > 0 and coverage.year between $first and $last
    union
    select
        total.source,
        total.place
    from yearly_total as total
    inner join in_set($set, $places) as member
        on total.place = member.place and total.year between member.first_year and member.last_year
    where total.concept = $concept and total.year between $first and $last
)

select
    source_name.name,
    statement.source,
    statement.party,
    statement.dated,
    statement.text,
    statement.status,
    statement.no_statement
from statement
inner join source_name() as source_name on statement.source = source_name.source
left join figure on statement.source = figure.source and statement.figure_id = figure.figure_id
where
    (statement.no_statement is not null or statement.text <> '')
    and exists (
        select 1 from here
        where
            statement.source = here.source
            and (
                statement.figure_id is null
                or (figure.place = here.place and figure.concept = $concept and year(figure.period_start) between $first and $last)
            )
    )
order by source_name.name, statement.source, statement.dated, statement.act;
