-- The same of two sources over the places given, worked out now: without what takes many thousand repetitions.
select
    agreement.*,
    first_source.name as name_a,
    first_source.provenance as provenance_a,
    second_source.name as name_b,
    second_source.provenance as provenance_b
from agreement_of($places::varchar[], $source, $other, $concept, $first, $last) as agreement
inner join source_name() as first_source on agreement.source_a = first_source.source
inner join source_name() as second_source on agreement.source_b = second_source.source
order by
    agreement.concept_a, agreement.concept_b, agreement.unit_a, agreement.unit_b, agreement.period_basis,
    agreement.statistic;
