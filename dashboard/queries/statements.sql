-- Statements that accompany a source, and one figure of it where one is asked for; the oldest first.
select
    '' as name,
    party,
    dated,
    text,
    status,
    no_statement
from statement
where
    source = $source
    and (figure_id is null or figure_id = $figure)
    and (no_statement is not null or text <> '')
order by dated, act;
