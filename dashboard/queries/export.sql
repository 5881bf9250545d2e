-- The figures shown, one a row, each with what must travel with it.
select
    shown.figure_id,
    $release as of_release,
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
    array_to_string(caveats_of(shown.source, shown.concept, shown.place, shown.year, year(shown.period_end)), ' ') as caveats,
    array_to_string(statements_of(shown.source, shown.figure_id), ' ') as statements
from shown($place, $concept) as shown
inner join source on shown.source = source.source
where shown.year between $first and $last
order by shown.name, shown.source, concept, shown.unit, shown.period_start, shown.period, shown.figure_id;
