-- For the quality page: issues by source and kind, sources in alphabetical order. Reads the table issue.

select
    source,
    kind,
    fate,
    count(*) as issues,
    sum(n_rows)::bigint as n_rows
from issue
where source is not null
group by all
order by source, kind, fate;
