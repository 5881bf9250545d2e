-- What one source is called, and its class.
select
    source,
    name,
    provenance
from source_name()
where source = $source;
