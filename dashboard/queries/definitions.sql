-- What each source means by what it counts: of one panel, or of the concept asked for. Alphabetical by source.
select
    shown.name,
    shown.source,
    shown.provenance,
    shown.counted,
    min(shown.unit) as unit,
    shown.definition,
    shown.subset_of,
    source.title,
    source.producer,
    source.publisher,
    source.obtained_from,
    source.provenance_subclass,
    source.acquisition,
    source.licence,
    source.address,
    source.citation,
    -- The sentence a description of released state records begins with.
    case
        when source.provenance = 'combined' and starts_with(source.description, 'State records')
            then split_part(source.description, ':', 1)
    end as lead,
    min(shown.year) as first_year,
    max(shown.year) as last_year,
    (
        select max(snapshot.released) from snapshot
        where snapshot.source = shown.source and snapshot.current
    ) as released
from shown($place, $concept) as shown
inner join source on shown.source = source.source
where
    shown.year between $first and $last
    and case when $panel is null then shown.counted = $concept else shown.panel = $panel end
group by all
order by shown.name, shown.source, shown.subset_of, shown.definition;
