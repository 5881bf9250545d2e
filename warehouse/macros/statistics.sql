-- Statistics of lists of numbers. Each reproduces a published example in tests/test_agreement.py.

-- Mean of differences, their standard deviation, and the limits that hold about 95 % of them (Bland & Altman 1986).
create or replace macro bland_altman(differences) as {
    'n': len(differences),
    'mean': list_avg(differences),
    'sd': list_aggregate(differences, 'stddev_samp'),
    'low': list_avg(differences) - 1.96 * list_aggregate(differences, 'stddev_samp'),
    'high': list_avg(differences) + 1.96 * list_aggregate(differences, 'stddev_samp')
};

-- Over all pairs of places: how they stand to one another in both lists, divided by the pairs that are not tied in
-- either (Kendall 1945). Null where all are tied.
create or replace macro kendall_tau_b(numbers_a, numbers_b) as
    list_sum(list_transform(range(2, len(numbers_a) + 1), lambda i: list_sum(list_transform(
        range(1, i), lambda j: sign(numbers_a[i] - numbers_a[j]) * sign(numbers_b[i] - numbers_b[j])
    ))))
    / nullif(sqrt(
        list_sum(list_transform(range(2, len(numbers_a) + 1), lambda i: list_sum(list_transform(
            range(1, i), lambda j: abs(sign(numbers_a[i] - numbers_a[j]))
        ))))
        * list_sum(list_transform(range(2, len(numbers_b) + 1), lambda i: list_sum(list_transform(
            range(1, i), lambda j: abs(sign(numbers_b[i] - numbers_b[j]))
        ))))
    ), 0);

-- How near pairs lie to the line of equality (Lin 1989, with moments over n). Null where neither list varies.
create or replace macro concordance(numbers_a, numbers_b) as
    2 * list_avg(list_transform(
        range(1, len(numbers_a) + 1),
        lambda i: (numbers_a[i] - list_avg(numbers_a)) * (numbers_b[i] - list_avg(numbers_b))
    ))
    / nullif(
        list_aggregate(numbers_a, 'var_pop') + list_aggregate(numbers_b, 'var_pop')
        + pow(list_avg(numbers_a) - list_avg(numbers_b), 2), 0
    );
