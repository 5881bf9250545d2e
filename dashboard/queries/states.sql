-- States and what lies in no state, of one country. Alphabetical.
select distinct
    code,
    name,
    level
from shown_place
where
    (country = $country and level = 'admin1') or (parent = $country and level not in ('country', 'region', 'world'))
order by strip_accents(lower(name)), code;
