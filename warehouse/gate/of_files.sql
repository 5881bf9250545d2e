-- For the quality page: what became of every kept file that anyone may know of, sources in alphabetical order.
-- Reads the tables of the clear tier.

select
    source.title,
    file.source,
    file.layout,
    file.rows_in,
    file.rows_accepted,
    file.rows_refused,
    file.rows_skipped,
    file.cells,
    file.cells_missing,
    file.cells_refused,
    file.current
from snapshot as file
inner join source on file.source = source.source
order by file.source, file.layout, file.released, file.snapshot;
