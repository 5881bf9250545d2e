-- Years to read with care, with what must travel with them. $source, $place, $level and $concept narrow it; null asks for
-- all.
select *
from mark
where
    ($source::varchar is null or source = $source)
    and ($place::varchar is null or place = $place)
    and ($concept::varchar is null or concept = $concept)
    and ($level::varchar is null or place_level = $level)
order by source, concept, unit, place, first_year, last_year, kind, sentence;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    definitions_of(chosen.source, chosen.concept) as definitions,
    caveats_of(chosen.source, chosen.concept, chosen.place, chosen.first_year, chosen.last_year) as caveats,
    statements_of(chosen.source, null) as statements,
    source.licence,
    source.citation
from chosen
inner join source on chosen.source = source.source
order by chosen.nth;
