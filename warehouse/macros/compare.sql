-- The comparisons of one place, concept and period at any level, with everything else that is counted there too: pairs
-- of everything are not materialised.
create or replace macro compare(a_place, a_concept, a_period) as table
    select *
    from comparison_of('figure', 'figure', every_pair := true)
    where place = a_place and period = a_period and (concept_a = a_concept or concept_b = a_concept);
