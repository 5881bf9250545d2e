-- Statements that accompany the sources shown and the figures shown. Alphabetical by source; then the oldest first.
with here as (
    select
        shown.source,
        shown.name,
        list(shown.figure_id) as figures
    from shown($place, $concept) as shown
    where shown.year between $first and $last
    group by shown.source, shown.name
)

select
    here.name,
    here.source,
    statement.party,
    statement.dated,
    statement.text,
    statement.status,
    statement.no_statement
from statement
inner join here on statement.source = here.source
where
    (statement.figure_id is null or list_contains(here.figures, statement.figure_id))
    and (statement.no_statement is not null or statement.text <> '')
order by here.name, here.source, statement.dated, statement.act;
