-- Works out what is shown of a place and a concept, for the queries that read it. Asked once for each.
insert into shown_kept
select
    $place as of_place,
    $concept as of_concept,
    *
from shown_afresh($place, $concept);
