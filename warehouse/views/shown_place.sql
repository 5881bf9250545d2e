-- Places with a figure that a page can show, and every place they lie in: what pickers of places list. Reads figure and
-- place.

-- A table: whoever opens a release asks for it first, and it takes a look at every figure.
create or replace table shown_place as
with recursive up as (
    select distinct
        place.code,
        place.name,
        place.level,
        place.parent,
        place.country,
        place.code as held
    from figure
    inner join place on figure.place = place.code
    where
        figure.dimension = 'total'
        and figure.category = 'TOTAL'
        and figure.variant = ''
        and figure.counterpart is null
    union
    select
        above.code,
        above.name,
        above.level,
        above.parent,
        above.country,
        up.held
    from up
    inner join place as above on up.parent = above.code
    where above.level not in ('region', 'world')
)

select * from up;
