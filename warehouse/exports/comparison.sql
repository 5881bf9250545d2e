-- Every kept comparison with both definitions and all that must travel with either side. $source is either of the
-- two; $source, $place, $level and $concept narrow it; null asks for all.
select *
from comparison
where
    ($source::varchar is null or $source in (source_a, source_b))
    and ($place::varchar is null or place = $place)
    and ($concept::varchar is null or $concept in (concept_a, concept_b))
    and ($level::varchar is null or place_level = $level)
order by source_a, source_b, concept_a, concept_b, place, period_start, figure_a, figure_b;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    figure_a.completeness as completeness_a,
    figure_b.completeness as completeness_b,
    definition_a.text as definition_a,
    definition_b.text as definition_b,
    caveats_of(
        chosen.source_a, chosen.concept_a, chosen.place, year(chosen.period_start), year(chosen.period_end)
    ) as caveats_a,
    caveats_of(
        chosen.source_b, chosen.concept_b, chosen.place, year(chosen.period_start), year(chosen.period_end)
    ) as caveats_b,
    statements_of(chosen.source_a, chosen.figure_a) as statements_a,
    statements_of(chosen.source_b, chosen.figure_b) as statements_b,
    source_a.licence as licence_a,
    source_b.licence as licence_b,
    source_a.citation as citation_a,
    source_b.citation as citation_b
from chosen
inner join figure as figure_a on chosen.figure_a = figure_a.figure_id and chosen.source_a = figure_a.source
inner join figure as figure_b on chosen.figure_b = figure_b.figure_id and chosen.source_b = figure_b.source
inner join source as source_a on chosen.source_a = source_a.source
inner join source as source_b on chosen.source_b = source_b.source
left join definition as definition_a
    on chosen.source_a = definition_a.source and figure_a.definition_id = definition_a.definition_id
left join definition as definition_b
    on chosen.source_b = definition_b.source and figure_b.definition_id = definition_b.definition_id
order by chosen.nth;
