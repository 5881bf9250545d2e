-- Countries of whose states flows are held.
select distinct place.country as code
from flow
inner join place on flow.origin = place.code
where place.level = 'admin1'
order by code;
