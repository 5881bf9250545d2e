-- One row per part of revision: how many cells it speaks of, and how many it calls otherwise than their two numbers say.
-- Reads part, revision_part.

with told as (
    select
        filename,
        count(*) as cells,
        count_if(
            change is distinct from case
                when change = 'not_matched' then 'not_matched'
                when value_old is null then 'added'
                when value_new is null then 'gone'
                when value_old = value_new then 'unchanged'
                else 'changed'
            end
            or (change = 'not_matched' and (reason is null or (value_old is not null and value_new is not null)))
        ) as other_word
    from revision_part
    group by filename
)

select
    part.name,
    part.rows as promised,
    coalesce(told.cells, 0) as cells,
    abs(part.rows - coalesce(told.cells, 0)) as missing,
    coalesce(told.other_word, 0) as other_word
from part
left join told on part.path = told.filename
where part.view = 'revision'
order by part.name;
