-- What must be said beside the figures of each source shown. Alphabetical by source.
select
    shown.name,
    shown.source,
    caveat.number,
    caveat.text
from shown($place, $concept) as shown
inner join caveat on shown.source = caveat.source
where
    shown.year between $first and $last
    and (len(caveat.concepts) = 0 or list_contains(caveat.concepts, shown.concept))
    and (
        len(caveat.places) = 0
        or list_contains(caveat.places, shown.place)
        or list_contains(caveat.places, shown.country)
    )
    and shown.year between coalesce(caveat.first_year, -9999) and coalesce(caveat.last_year, 9999)
group by all
order by shown.name, shown.source, caveat.number;
