-- What must be said beside the figures of each source shown. Alphabetical by source.
with told as (
    select distinct
        shown.name,
        shown.source,
        unnest(caveats_of(shown.source, shown.concept, shown.place, shown.year, year(shown.period_end))) as text
    from shown($place, $concept) as shown
    where shown.year between $first and $last
)

select
    told.name,
    told.source,
    caveat.number,
    told.text
from told
inner join caveat on told.source = caveat.source and told.text = caveat.text
order by told.name, told.source, caveat.number;
