-- Reads the totals of one place, for the queries that show them. Asked once for each place.
insert into figure_here
select *
from figure
where
    place = $place
    and dimension = 'total'
    and category = 'TOTAL'
    and variant = ''
    and counterpart is null;
