-- One row per source: how many accepted rows speak of a place that the release does not know. Their figures would
-- fall out of the last join of figure.sql without a word. Reads observed, happened, the table place.

with spoken as (
    select
        source,
        place,
        n_rows
    from observed
    union all
    select
        source,
        place,
        n_rows
    from happened
    union all
    select
        source,
        counterpart as place,
        n_rows
    from observed
    where counterpart is not null
)

select
    spoken.source,
    sum(spoken.n_rows)::bigint as n_rows,
    coalesce(sum(spoken.n_rows) filter (where known.code is null), 0)::bigint as without_place
from spoken
left join amber.place as known on spoken.place = known.code
group by all
order by spoken.source;
