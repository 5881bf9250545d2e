-- What a new file changes of a source's figures: `figure` as it would be, beside `earlier` as it is.
create or replace temp table change as
select
  coalesce(fresh.figure_id, earlier.figure_id) as figure_id,
  case
    when earlier.figure_id is null then 'new'
    when fresh.figure_id is null then 'gone'
    when
      (fresh.value is distinct from earlier.value)
      or (fresh.obs_status is distinct from earlier.obs_status)
      or (fresh.completeness is distinct from earlier.completeness)
      then 'changed'
    else 'same'
  end as change,
  coalesce(fresh.concept, earlier.concept) as concept,
  coalesce(fresh.unit, earlier.unit) as unit,
  coalesce(fresh.place, earlier.place) as place,
  coalesce(fresh.place_name, earlier.place_name) as place_name,
  coalesce(fresh.period, earlier.period) as period,
  coalesce(fresh.dimension, earlier.dimension) as dimension,
  coalesce(fresh.category, earlier.category) as category,
  earlier.value as value_before,
  fresh.value as value_now
from figure as fresh
full join earlier on fresh.figure_id = earlier.figure_id
order by concept, place, period, dimension, category, figure_id;
