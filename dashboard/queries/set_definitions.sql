-- What one source means by one concept: a row for each of its definitions.
select
    source_name.name,
    source_name.source,
    source_name.provenance,
    definition.text as definition,
    definition.subset_of,
    source_name.title,
    source_name.producer,
    source_name.publisher,
    source_name.obtained_from,
    source_name.provenance_subclass,
    -- The sentence a description of released state records begins with.
    case
        when source_name.provenance = 'combined' and starts_with(source_name.description, 'State records')
            then split_part(source_name.description, ':', 1)
    end as lead,
    (
        select max(snapshot.released) from snapshot
        where snapshot.source = source_name.source and snapshot.current
    ) as released
from source_name() as source_name
left join definition on source_name.source = definition.source and definition.concept = $concept
where source_name.source = $source
order by definition.subset_of, definition.text;
