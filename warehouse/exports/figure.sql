-- Every figure with what must travel with it. $source, $place, $level and $concept narrow it; null asks for all.
select *
from figure
where
    ($source::varchar is null or source = $source)
    and ($place::varchar is null or place = $place)
    and ($concept::varchar is null or concept = $concept)
    and ($level::varchar is null or place_level = $level)
order by source, concept, unit, place, period_start, period_end, figure_id;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    definition.text as definition,
    definition.subset_of,
    caveats_of(chosen.source, chosen.concept, chosen.place, year(chosen.period_start), year(chosen.period_end)) as caveats,
    statements_of(chosen.source, chosen.figure_id) as statements,
    source.licence,
    source.citation,
    source.address
from chosen
inner join source on chosen.source = source.source
left join definition on chosen.source = definition.source and chosen.definition_id = definition.definition_id
order by chosen.nth;
