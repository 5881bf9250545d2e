-- The kept files of one source, the newest first.
select
    snapshot,
    file_name,
    layout,
    bytes,
    received_at,
    released,
    obtained_from,
    rows_in,
    rows_accepted,
    rows_refused,
    rows_skipped,
    current
from snapshot
where source = $source
order by coalesce(released, received_at::date) desc, received_at desc, file_name asc;
