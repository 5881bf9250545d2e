-- Statements that accompany one source, or one figure of it; the oldest first.
select
    party,
    dated,
    text,
    status,
    no_statement,
    figure_id
from statement
where source = $source and figure_id is not distinct from $figure
order by dated, act;
