-- One row per total a file in use states of itself that its rows do not add up to within what its declaration allows:
-- by how much. Reads the issues of the widest tier, its table snapshot, and layout (thousands, decimal).

with stated as (
    select
        issue.source,
        issue.source_row,
        try_cast(
            replace(replace(trim(issue.value), layout.thousands, ''), layout.decimal, '.') as double
        ) as total,
        try_cast(issue.known as double) as summed
    from amber.issue as issue
    inner join amber.snapshot as file on issue.source = file.source and issue.snapshot = file.snapshot
    inner join layout on file.source = layout.source and file.layout = layout.name
    where issue.kind = 'total_differs' and file.current
)

select
    source,
    source_row,
    -- Text that cannot be read again counts as far off.
    coalesce(abs(total - summed), 1e18) as difference,
    coalesce(abs(total - summed) / greatest(abs(total), abs(summed), 1), 1) as share
from stated
order by all;
