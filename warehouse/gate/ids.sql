-- One row: how many identifiers stand in more than one part of figure. Reads figure_part.

with by_part as (
    select distinct
        filename,
        figure_id
    from figure_part
)

select
    count(*) as figures,
    count(*) - count(distinct figure_id) as shared
from by_part;
