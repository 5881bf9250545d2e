-- One row per tier: figures it can read, and those of a source whose terms do not allow that tier. What no tier can
-- read is held against amber, the widest: the release may not carry it at all.
-- Reads part, tier_part (tier, file), allowed (tier, tlp), figure_part, opened_part.

with told as (
    select
        filename,
        source,
        tier
    from figure_part
    union all
    select
        filename,
        source,
        tier
    from opened_part
),

terms as (
    select
        part.file,
        told.source,
        told.tier as tlp,
        count(*) as figures
    from told
    inner join part on told.filename = part.path
    group by all
),

readable as (
    select
        tier_part.tier,
        terms.source,
        terms.tlp,
        terms.figures
    from terms
    inner join tier_part on terms.file = tier_part.file
    union all
    select
        'amber' as tier,
        terms.source,
        terms.tlp,
        terms.figures
    from terms
    anti join tier_part on terms.file = tier_part.file
)

select
    readable.tier,
    sum(readable.figures)::bigint as figures,
    coalesce(sum(readable.figures) filter (where allowed.tlp is null), 0)::bigint as not_allowed
from readable
left join allowed on readable.tier = allowed.tier and readable.tlp = allowed.tlp
group by all
order by readable.tier;
