-- Statements that accompany the sources that speak of a set, and their figures of it. Alphabetical by source; then the
-- oldest first.
with here as (
    select distinct
        source,
        place
    from speaking_of($set, $places, $concept, $first, $last)
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
