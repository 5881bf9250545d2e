-- Yearly totals of places and of the members of named sets: what trends build on. Reads figure, counts_as, place_set.sql.

create or replace macro number_in_words(a_number) as
    regexp_replace(a_number::decimal(38, 6)::varchar, '\.?0+$', '');

-- Yearly totals that could enter a trend. Numbers that do not add up over places (shares, scores, rates) are no part.
-- A table: every trend and every page about a set asks for a few of them, and figure is large.
create or replace table yearly_total as
select
    figure.source,
    figure.concept,
    figure.unit,
    figure.period_basis,
    figure.place,
    figure.place_level,
    year(figure.period_start)::integer as year,
    figure.value,
    figure.completeness = 'partial' or not figure.whole_period as is_partial,
    figure.completeness = 'unknown' as is_unknown,
    counts_as.reason as otherwise
from figure
left join counts_as
    on
        figure.source = counts_as.source
        and figure.origin_label = counts_as.origin_label
        and figure.concept = counts_as.concept
where
    figure.category = 'TOTAL'
    and figure.dimension = 'total'
    and figure.variant = ''
    and figure.counterpart is null
    and figure.period_kind = 'year'
    and figure.value is not null
    and figure.unit not in ('percent', 'score_1_10', 'weapon_per_100_people', 'rate_per_100k')
order by figure.source, figure.concept, figure.unit, figure.period_basis, figure.place, year;

-- Members of named sets with their totals, as of each year.
create or replace macro total_of_set() as table
    select
        total.*,
        set_member.place_set,
        set_member.set_name
    from yearly_total as total
    inner join set_member
        on
            total.place = set_member.place
            and total.place_level = set_member.place_level
            and total.year between set_member.first_year and set_member.last_year;

create or replace macro change_in_words(a_change) as
    case when a_change > 0 then '+' else '' end
    || replace(round(100 * a_change, 1)::decimal(18, 1)::varchar, '-', '−') || ' %';

create or replace macro relative_change(a_first, a_last) as
    case when a_first > 0 then round(a_last / a_first - 1, 6)::decimal(18, 6) end;
