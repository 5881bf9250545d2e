-- One row per total a file in use states of itself that its rows do not add up to within what its declaration allows:
-- by how much of itself. Reads the issues of the widest tier, its table snapshot, layout (thousands, decimal), and the
-- variable few.

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
    -- By how much of itself, where it is more than a few; text that cannot be read again counts as all of it.
    case
        when total is null or summed is null then 1
        when abs(total - summed) <= getvariable('few') then 0
        else abs(total - summed) / greatest(abs(total), abs(summed))
    end as beyond
from stated
order by all;
