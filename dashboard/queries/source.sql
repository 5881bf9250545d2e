-- One source as it is declared.
select *
from source
where source = $source;
