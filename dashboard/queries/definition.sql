-- What one source means by one of its definitions.
select text
from definition
where source = $source and definition_id = $definition
order by concept;
