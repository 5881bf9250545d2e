-- How many numbers of one source each newer file left unchanged, changed, added or no longer has.
select
    older.file_name as older_file,
    older.released as older_released,
    newer.file_name as newer_file,
    newer.released as newer_released,
    count(*) filter (where revision.change = 'unchanged') as unchanged,
    count(*) filter (where revision.change = 'changed') as changed,
    count(*) filter (where revision.change = 'added') as added,
    count(*) filter (where revision.change = 'gone') as gone,
    count(*) filter (where revision.change = 'not_matched') as not_matched
from revision
inner join snapshot as older on revision.snapshot_old = older.snapshot and revision.source = older.source
inner join snapshot as newer on revision.snapshot_new = newer.snapshot and revision.source = newer.source
where revision.source = $source
group by all
order by newer_released, older_released, newer_file, older_file;
