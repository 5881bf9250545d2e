-- What was not taken as it stood in one source's files, by kind, with one example of each. Alphabetical by kind.
select
    kind,
    fate,
    count(*) as issues,
    sum(n_rows)::bigint as concerned,
    min_by(sentence, (file_name, source_row, sentence)) as sentence,
    min_by(repair, (file_name, source_row, sentence)) as repair
from issue
where source = $source
group by all
order by kind, fate;
