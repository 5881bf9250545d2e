-- One row per kept file: its rows and cells as counted when it was taken, against its accepted rows and its issues.
-- Reads the table snapshot of the widest tier, its issues, accepted_observation, accepted_item.

with by_table as (
    select
        source,
        snapshot,
        count(value) as numbers
    from accepted_observation
    group by all
    union all
    select
        source,
        snapshot,
        count(quantity) as numbers
    from accepted_item
    group by all
),

accepted as (
    select
        source,
        snapshot,
        sum(numbers) as numbers
    from by_table
    group by all
),

reasons as (
    select
        source,
        snapshot,
        count(distinct source_row) filter (where fate = 'row_refused') as refused,
        coalesce(sum(n_rows) filter (where fate = 'row_skipped'), 0) as skipped
    from amber.issue
    group by all
)

select
    file.source,
    file.layout,
    file.rows_in,
    file.cells,
    abs(file.rows_in - file.rows_accepted - file.rows_refused - file.rows_skipped)::bigint as rows_lost,
    abs(file.cells - file.cells_with_number - file.cells_missing - file.cells_refused)::bigint as cells_lost,
    abs(file.cells_with_number - coalesce(accepted.numbers, 0))::bigint as numbers_off,
    (file.rows_refused + file.rows_skipped)::bigint as left_out,
    (
        abs(file.rows_refused - coalesce(reasons.refused, 0)) + abs(file.rows_skipped - coalesce(reasons.skipped, 0))
    )::bigint as without_reason,
    case when file.current and file.cells > 0 then 1 - file.cells_with_number / file.cells else 0 end
        as share_without_number
from amber.snapshot as file
left join accepted on file.source = accepted.source and file.snapshot = accepted.snapshot
left join reasons on file.source = reasons.source and file.snapshot = reasons.snapshot
order by file.source, file.layout, file.snapshot;
