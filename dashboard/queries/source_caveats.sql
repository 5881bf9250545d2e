-- The sentences that travel with one source's numbers, in the order it gives them.
select
    number,
    text,
    concepts,
    places,
    first_year,
    last_year
from caveat
where source = $source
order by number;
