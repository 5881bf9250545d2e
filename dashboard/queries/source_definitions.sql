-- What one source means by each thing it counts. Alphabetical by concept.
select
    concept,
    text,
    subset_of,
    unstated
from definition
where source = $source
order by concept, definition_id;
