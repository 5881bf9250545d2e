-- Corridors with what must travel with them, for either end. $source, $place (either end) and $concept narrow it;
-- null asks for all.
select *
from flow
where
    ($source::varchar is null or source = $source)
    and ($place::varchar is null or $place in (origin, destination))
    and ($concept::varchar is null or concept = $concept)
order by source, concept, origin, destination, period_start, figure_id;

-- What travels with each of them.
select
    chosen.* exclude (nth),
    definitions_of(chosen.source, chosen.concept) as definitions,
    list_distinct(
        caveats_of(chosen.source, chosen.concept, chosen.destination, year(chosen.period_start), year(chosen.period_end))
        || caveats_of(chosen.source, chosen.concept, chosen.origin, year(chosen.period_start), year(chosen.period_end))
    ) as caveats,
    statements_of(chosen.source, chosen.figure_id) as statements,
    source.licence,
    source.citation
from chosen
inner join source on chosen.source = source.source
order by chosen.nth;
