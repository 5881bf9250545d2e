-- Agreement over named sets of places, with both definitions and what must travel with either side; $place is a set.
-- $source is either of the two; $source, $place and $concept narrow it; null asks for all.
select *
from agreement
where
    ($source::varchar is null or $source in (source_a, source_b))
    and ($place::varchar is null or place_set = $place)
    and ($concept::varchar is null or $concept in (concept_a, concept_b))
order by place_set, source_a, source_b, concept_a, concept_b, unit_a, unit_b, period_basis, statistic;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    definitions_of(chosen.source_a, chosen.concept_a) as definitions_a,
    definitions_of(chosen.source_b, chosen.concept_b) as definitions_b,
    caveats_of(chosen.source_a, chosen.concept_a, chosen.place_set, chosen.first_year, chosen.last_year) as caveats_a,
    caveats_of(chosen.source_b, chosen.concept_b, chosen.place_set, chosen.first_year, chosen.last_year) as caveats_b,
    statements_of(chosen.source_a, null) as statements_a,
    statements_of(chosen.source_b, null) as statements_b,
    source_a.licence as licence_a,
    source_b.licence as licence_b,
    source_a.citation as citation_a,
    source_b.citation as citation_b
from chosen
inner join source as source_a on chosen.source_a = source_a.source
inner join source as source_b on chosen.source_b = source_b.source
order by chosen.nth;
