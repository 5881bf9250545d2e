-- The figures shown, one a row, each with what must travel with it.
select
    shown.figure_id,
    $release,
    shown.name,
    shown.source,
    shown.producer,
    shown.publisher,
    shown.provenance,
    shown.counted as concept,
    shown.unit,
    shown.place,
    shown.place_name,
    shown.period,
    shown.period_basis,
    shown.value,
    shown.low,
    shown.high,
    shown.completeness,
    shown.derived,
    shown.obs_status,
    shown.definition,
    source.citation,
    source.licence,
    (
        select string_agg(caveat.text, ' ' order by caveat.number)
        from caveat
        where
            caveat.source = shown.source
            and (len(caveat.concepts) = 0 or list_contains(caveat.concepts, shown.concept))
            and (
                len(caveat.places) = 0
                or list_contains(caveat.places, shown.place)
                or list_contains(caveat.places, shown.country)
            )
            and shown.year between coalesce(caveat.first_year, -9999) and coalesce(caveat.last_year, 9999)
    ) as caveats
from shown($place, $concept) as shown
inner join source on shown.source = source.source
where shown.year between $first and $last
order by shown.name, shown.source, concept, shown.unit, shown.period_start, shown.period, shown.figure_id;
