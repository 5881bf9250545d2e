-- One row: how many figures repeat an identifier of their own part, and how many identifiers stand in several parts.
-- Reads figure_part. One pass over short hashes finds what may be repeated (nothing, as a rule), and only that is looked
-- at again, by the identifiers themselves.

with repeated as (
    select hash(figure_id) as short
    from figure_part
    group by all
    having count(*) > 1
),

seen as (
    select
        figure_part.filename,
        figure_part.figure_id,
        count(*) as times
    from figure_part
    semi join repeated on hash(figure_part.figure_id) = repeated.short
    group by all
),

everything as (
    select count(*) as figures
    from figure_part
)

select
    any_value(everything.figures) as figures,
    coalesce(sum(seen.times - 1), 0)::bigint as again,
    count(seen.figure_id) - count(distinct seen.figure_id) as shared
from everything
left join seen on true;
