-- What may stand on one axis: first the concept asked for, whole, then what covers only a part of it, then the others.
select
    panel,
    counted,
    unit,
    kind,
    subset_of,
    any_value(plain) as plain,
    counted = $concept as asked,
    count(distinct source) as sources
from shown($place, $concept)
where year between $first and $last
group by all
order by asked desc, plain desc, sources desc, counted asc, unit asc, kind asc, subset_of asc;
