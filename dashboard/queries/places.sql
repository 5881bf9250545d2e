-- Every place of the release. Alphabetical.
select
    code,
    name,
    level,
    parent
from place
order by strip_accents(lower(name)), code;
