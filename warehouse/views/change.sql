-- What a new file changes of a source's figures: `figure` as it would be, beside `earlier` as it is.
create or replace temp table change as
select
  coalesce(now.figure_id, earlier.figure_id) as figure_id,
  case
    when earlier.figure_id is null then 'new'
    when now.figure_id is null then 'gone'
    when
      now.value is distinct from earlier.value
      or now.obs_status is distinct from earlier.obs_status
      or now.completeness is distinct from earlier.completeness
      then 'changed'
    else 'same'
  end as change,
  coalesce(now.concept, earlier.concept) as concept,
  coalesce(now.unit, earlier.unit) as unit,
  coalesce(now.place, earlier.place) as place,
  coalesce(now.place_name, earlier.place_name) as place_name,
  coalesce(now.period, earlier.period) as period,
  coalesce(now.dimension, earlier.dimension) as dimension,
  coalesce(now.category, earlier.category) as category,
  earlier.value as value_before,
  now.value as value_now
from figure as now
full join earlier on now.figure_id = earlier.figure_id
order by concept, place, period, dimension, category, figure_id;
