-- One row per source: how many of its figures name a file that is not one of its files in use.
-- Reads figure_part, held.

with named as (
    select
        source,
        snapshot,
        count(*) as figures
    from figure_part
    group by all
),

said as (
    select
        source,
        snapshot,
        unnest(string_split(coalesce(snapshot, ''), ' ')) as name
    from named
),

missing as (
    select distinct
        said.source,
        said.snapshot
    from said
    anti join held on said.source = held.source and said.name = held.snapshot and held.used
)

select
    named.source,
    sum(named.figures)::bigint as figures,
    coalesce(sum(named.figures) filter (where missing.source is not null), 0)::bigint as without_file
from named
left join missing on named.source = missing.source and named.snapshot is not distinct from missing.snapshot
group by all
order by named.source;
