-- What some newer files of one source say of the numbers in the files before them.
select
    count(*) filter (where change = 'unchanged') as unchanged,
    count(*) filter (where change = 'changed') as changed,
    count(*) filter (where change = 'added') as added,
    count(*) filter (where change = 'gone') as gone,
    count(*) filter (where change = 'not_matched') as not_matched
from revision
where source = $source and list_contains($files::varchar[], snapshot_new);
