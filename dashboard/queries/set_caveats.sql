-- What must be said beside the figures of each source that speaks of a set. Alphabetical by source.
with told as (
    select *
    from speaking_of($set, $places, $concept, $first, $last)
    union
    select
        flow.source,
        flow.concept,
        member.place,
        year(flow.period_start) as year
    from flow
    inner join in_set($set, $places) as member on flow.origin = member.place or flow.destination = member.place
),

words as (
    select distinct
        told.source,
        unnest(caveats_of(told.source, told.concept, told.place, told.year, told.year)) as text
    from told
)

select
    source_name.name,
    words.source,
    caveat.number,
    words.text
from words
inner join source_name() as source_name on words.source = source_name.source
inner join caveat on words.source = caveat.source and words.text = caveat.text
order by source_name.name, words.source, caveat.number;
