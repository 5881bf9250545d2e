-- Sums of contributions that could be published, and the remainders that could be worked out from them. Takes the
-- levels of place that are published and the number of years a period has. Reads contribution, place, place_up and the
-- variable informants. A place that ends in '/' is what no smaller published place of it holds.

create or replace temp macro depth_of_place() as table
    select
        place,
        count(*) as depth
    from place_up
    group by place;

create or replace temp macro published_place(levels) as table
    -- Each place of the register with the published places it lies in, widest first.
    select
        place_up.place,
        list(place_up.ancestor order by above.depth, place_up.ancestor) as way
    from place_up
    inner join place on place_up.ancestor = place.code
    inner join depth_of_place() as above on place_up.ancestor = above.place
    where list_contains(levels, place_up.ancestor_level) and place.kind <> 'own_register'
    group by place_up.place;

create or replace temp macro disclosure_cell(levels, years) as table
    with placed as (
        select
            contribution.* exclude (place) replace (
                make_date(years * (year(contribution.period_start) // years), month(contribution.period_start), 1)
                    as period_start
            ),
            published_place.way
        from contribution
        inner join published_place(levels) as published_place on contribution.place = published_place.place
    ),

    wider as (
        select distinct way[:-2] as way from placed
    ),

    parent as (
        select distinct unnest(way) as place from wider
    ),

    spread as (
        select
            placed.* exclude (way),
            unnest(
                case when parent.place is null then placed.way else list_append(placed.way, placed.way[-1] || '/') end
            ) as place
        from placed
        left join parent on placed.way[-1] = parent.place
    ),

    counted as (
        select
            *,
            -- An incident counts once, in however many places, rows or words of informants it stands.
            case
                when
                    row_number() over (
                        partition by
                            concept, unit, period_start, period_basis, place, dimension, category, incident
                        order by incidents desc
                    ) = 1
                    then incidents
                else 0
            end as once
        from spread
    ),

    of_informant as (
        select
            concept,
            unit,
            period_start,
            period_basis,
            place,
            dimension,
            category,
            informant,
            sum(value) as value,
            sum(incidents) as incidents,
            sum(once) as once,
            -- Of incidents that one row counts, each has its own informant.
            case getvariable('informants') when 'independent' then sum(value) / greatest(max(incidents), 1) else sum(value) end
                as largest
        from counted
        group by all
    )

    select
        concept,
        unit,
        period_start,
        period_basis,
        place,
        dimension,
        category,
        sum(value) as value,
        sum(once)::double as incidents,
        case getvariable('informants')
            when 'independent' then sum(once)
            when 'column' then count(*) filter (where incidents > 0)
            else 1
        end::double as informants,
        coalesce(max(largest), 0)::double as largest
    from of_informant
    group by all
    order by all;
