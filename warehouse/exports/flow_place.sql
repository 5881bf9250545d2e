-- What arrived in each place and what left it, with what must travel with it. $source, $place and $concept narrow
-- it; null asks for all.
select *
from flow_place
where
    ($source::varchar is null or source = $source)
    and ($place::varchar is null or place = $place)
    and ($concept::varchar is null or concept = $concept)
order by source, concept, unit, place, period_start, period_end, counterpart_role, dimension, category, variant;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    definitions_of(chosen.source, chosen.concept) as definitions,
    caveats_of(chosen.source, chosen.concept, chosen.place, year(chosen.period_start), year(chosen.period_end)) as caveats,
    statements_of(chosen.source, null) as statements,
    source.licence,
    source.citation
from chosen
inner join source on chosen.source = source.source
order by chosen.nth;
