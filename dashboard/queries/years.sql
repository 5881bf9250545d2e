-- The first and last year in which a place has a figure of a concept or of one it is set beside.
select
    min(year) as first_year,
    max(year) as last_year
from shown($place, $concept);
