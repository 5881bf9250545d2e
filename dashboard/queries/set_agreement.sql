-- How far two sources agree over a named set, or why nothing is said of it: a row for each statistic. Alphabetical.
select
    agreement.*,
    first_source.name as name_a,
    first_source.provenance as provenance_a,
    second_source.name as name_b,
    second_source.provenance as provenance_b
from agreement
inner join source_name() as first_source on agreement.source_a = first_source.source
inner join source_name() as second_source on agreement.source_b = second_source.source
where agreement.place_set = $set and $concept in (agreement.concept_a, agreement.concept_b)
order by
    first_source.name, agreement.source_a, second_source.name, agreement.source_b, agreement.concept_a,
    agreement.concept_b, agreement.unit_a, agreement.unit_b, agreement.period_basis, agreement.statistic;
