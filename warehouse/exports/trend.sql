-- Changes over named sets of places, with what must travel with them; $place is a set. $source, $place and $concept
-- narrow it; null asks for all.
select *
from trend
where
    ($source::varchar is null or source = $source)
    and ($place::varchar is null or place_set = $place)
    and ($concept::varchar is null or concept = $concept)
order by source, concept, unit, period_basis, place_set, as_published, first_year, last_year;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    definitions_of(chosen.source, chosen.concept) as definitions,
    caveats_of(chosen.source, chosen.concept, chosen.place_set, chosen.first_year, chosen.last_year) as caveats,
    statements_of(chosen.source, null) as statements,
    source.licence,
    source.citation
from chosen
inner join source on chosen.source = source.source
order by chosen.nth;
