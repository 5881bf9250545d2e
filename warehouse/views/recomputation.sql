-- What the published counts of tracing outcomes give beside a published SDG 16.4.2 value: the commons' own sums, never
-- the official value. Reads figure, source. Inputs are the sources the published value names as what it builds on.
-- Six candidates per published figure: two scopes × three denominators. A share only where every input is held.

create or replace table recomputation as
with published as (
    select
        figure.source as published_source,
        figure.figure_id as published_figure,
        figure.place,
        figure.place_name,
        figure.period,
        figure.period_start,
        figure.period_end,
        figure.period_kind,
        figure.period_basis,
        figure.value as published_value,
        figure.footnote as published_footnote,
        input.source as input_source
    from figure
    inner join source as holder on figure.source = holder.source
    inner join source as input on list_contains(holder.derived_from, input.source)
    where
        figure.concept = 'arms_traced_share'
        and figure.unit = 'percent'
        and figure.dimension = 'total'
        and figure.place_level = 'country'
),

candidate as (
    select
        scope.scope,
        scope.concept,
        rule.denominator_of,
        rule.dimension,
        rule.category
    from (values
        ('seized', 'arms_seized'),
        ('seized_found_surrendered', 'arms_seized'),
        ('seized_found_surrendered', 'arms_found'),
        ('seized_found_surrendered', 'arms_surrendered')
    ) as scope (scope, concept)
    cross join (values
        ('all_arms', 'total', 'TOTAL'),
        ('arms_in_tracing_table', 'tracing_outcome', 'TOTAL'),
        ('uniquely_marked_arms', 'tracing_outcome', 'UID_TOTAL')
    ) as rule (denominator_of, dimension, category)
),

part as (
    select
        scope,
        concept,
        denominator_of,
        dimension,
        category,
        false as traced
    from candidate
    union all
    select
        candidate.scope,
        candidate.concept,
        candidate.denominator_of,
        'tracing_outcome' as dimension,
        outcome.category,
        true as traced
    from candidate
    cross join (values
        ('UID_LEGIT_NATIONAL'), ('UID_ILLEGIT_NATIONAL'), ('UID_ILLEGIT_FOREIGN'), ('UID_DIVERSION_OTHER')
    ) as outcome (category)
),

wanted as (
    select
        published.*,
        part.*,
        year_of.first_day::date as first_day
    from published
    cross join part
    cross join
        lateral (
            select unnest(generate_series(published.period_start, published.period_end, interval 1 year)) as first_day
        ) as year_of
),

held as (
    select
        wanted.*,
        input.value,
        input.origin_label
    from wanted
    left join figure as input
        on
            wanted.input_source = input.source
            and wanted.place = input.place
            and wanted.concept = input.concept
            and wanted.dimension = input.dimension
            and wanted.category = input.category
            and wanted.first_day = input.period_start
            and input.period_kind = 'year'
            and input.unit = 'weapon'
            and input.variant = ''
            and input.counterpart is null
),

summed as (
    select
        published_source,
        published_figure,
        place,
        place_name,
        period,
        period_start,
        period_end,
        period_kind,
        period_basis,
        published_value,
        published_footnote,
        input_source,
        scope,
        denominator_of,
        sum(value) filter (where traced) as numerator,
        sum(value) filter (where not traced) as denominator,
        count(value)::integer as inputs_held,
        count(*)::integer as inputs_needed,
        list_sort(list(year(first_day) || ' ' || concept || ' ' || category) filter (where value is null))
            as inputs_missing,
        bool_or(origin_label = 'ATF') as counts_traces
    from held
    group by all
)

select
    published_source,
    published_figure,
    place,
    place_name,
    period,
    period_start,
    period_end,
    period_kind,
    period_basis,
    published_value,
    published_footnote,
    input_source,
    scope,
    denominator_of,
    numerator,
    denominator,
    inputs_held,
    inputs_needed,
    coalesce(inputs_missing, []) as inputs_missing,
    case
        when inputs_held = inputs_needed and denominator > 0 and numerator <= denominator
            then round(100 * numerator / denominator, 2)::decimal(5, 2)
    end as share,
    list_filter([
        said('Calculated by the commons from published counts; not the official value of indicator 16.4.2.'),
        said(
            'The indicator cannot be rebuilt from published counts: which outcomes the compilers accepted as traced or'
            || ' established, and their adjustments, are not published.'
        ),
        case
            when period_kind = 'average'
                then
                    format(
                        'The published value is an average over {}; here the counts of its years are added up.', period
                    )
        end,
        case
            when inputs_held = 0 then said('No input is held here.')
            when inputs_held < inputs_needed
                then
                    format(
                        'No share: {:d} of {:d} inputs are not held here; a missing count is not zero.',
                        inputs_needed - inputs_held, inputs_needed
                    )
        end,
        case when inputs_held = inputs_needed and denominator = 0 then said('No share: the total is zero.') end,
        case
            when inputs_held = inputs_needed and numerator > denominator
                then said('No share: more outcomes than arms, so the two were not counted over the same arms.')
        end,
        case
            when scope = 'seized'
                then said('Arms found and surrendered are left out, though the indicator counts them.')
        end,
        case
            when denominator_of = 'uniquely_marked_arms'
                then said('Arms without a unique mark are left out of the total.')
        end,
        case when counts_traces then said('Some counts are rows of the ATF: firearms traced, not firearms seized.') end
    ], lambda reason: reason is not null) as reasons
from summed
order by place, period_start, period_end, published_source, published_figure, input_source, scope, denominator_of;

comment on table recomputation is 'Published tracing outcomes added up beside a published SDG 16.4.2 value; never the official value.';
comment on column recomputation.scope is 'Which arms: seized, or seized, found and surrendered (the indicator''s own scope).';
comment on column recomputation.denominator_of is 'all_arms (the headline totals), arms_in_tracing_table or uniquely_marked_arms.';
comment on column recomputation.numerator is 'Arms whose owner or point of diversion was identified (four outcomes), over the inputs held.';
comment on column recomputation.denominator is 'Over the inputs held.';
comment on column recomputation.inputs_missing is 'Year, concept and category of each count that is not held here.';
comment on column recomputation.share is 'numerator ÷ denominator in percent, only where every input is held.';
comment on column recomputation.reasons is 'Why it is not the official value, and why there is no share.';
