"""What the benches compare with: the same work by scikit-learn, and by scorecardpy where it can be imported.

    /usr/bin/python3 test/bench/scikit_learn.py check | card TABLE HELD_OUT RUNS | scorecardpy TABLE HELD_OUT | logistic TABLE RUNS

Every run begins with the table in the database and ends with coefficients: a COPY through a pipe into pandas, whose parser runs
beside the server, is part of it. Each prints seconds of its runs, shortest first, then the AUC on the held-out table where there
is one. The first column of a table is the event.

    card         bins of each column by a DecisionTreeClassifier (at most 8 leaves of at least 5 % of the rows, NULL by itself),
                 two columns at a time; weights of evidence; LogisticRegression (lbfgs) of all columns
    scorecardpy  woebin and woebin_ply with their defaults, then LogisticRegression (lbfgs)
    logistic     LogisticRegression (lbfgs, no penalty) of all columns, scaled first, without rows that have a NULL
"""
import subprocess
import sys
import time
import warnings

import joblib
import numpy
import pandas
import sklearn.linear_model
import sklearn.metrics
import sklearn.tree


def read(table):
    """The outcomes, and the columns by name."""
    with subprocess.Popen(["psql", "-qX", "-c", f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT csv, HEADER)"],
                          stdout=subprocess.PIPE) as copy:
        rows = pandas.read_csv(copy.stdout, engine="c", true_values=["t"], false_values=["f"])
    return rows[rows.columns[0]].to_numpy(), rows[rows.columns[1:]]


def fit(x, event):
    model = sklearn.linear_model.LogisticRegression(solver="lbfgs", max_iter=1000)
    return model.fit(x, event)


def weights_of_evidence(event, bin, bins):
    events = numpy.bincount(bin[event], minlength=bins) + 0.5
    others = numpy.bincount(bin[~event], minlength=bins) + 0.5
    return numpy.log(others / others.sum()) - numpy.log(events / events.sum())


class Bins:
    """Of one column; the last bin is that of missing values."""
    def __init__(self, x, event):
        present = ~numpy.isnan(x)
        tree = sklearn.tree.DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=0.05)
        tree.fit(x[present].reshape(-1, 1), event[present])
        tree = tree.tree_
        self.cuts = numpy.sort(tree.threshold[tree.children_left >= 0])
        bin = self.of(x)
        self.woe = weights_of_evidence(event, bin, len(self.cuts) + 2)
        self.coded = self.woe[bin]

    def of(self, x):
        bin = numpy.searchsorted(self.cuts, x, side="left")
        bin[numpy.isnan(x)] = len(self.cuts) + 1
        return bin


def card(table):
    event, x = read(table)
    columns = [x[name].to_numpy(dtype=float) for name in x]
    bins = joblib.Parallel(n_jobs=2, prefer="threads")(joblib.delayed(Bins)(column, event) for column in columns)
    model = fit(numpy.column_stack([b.coded for b in bins]), event)
    return lambda held: model.decision_function(numpy.column_stack(
        [b.woe[b.of(held[name].to_numpy(dtype=float))] for name, b in zip(held, bins)]))


def scorecardpy(table):
    import scorecardpy
    event, x = read(table)
    x = x.assign(event=event.astype(int))
    bins = scorecardpy.woebin(x, y="event")
    coded = scorecardpy.woebin_ply(x, bins)
    names = [name for name in coded.columns if name != "event"]
    model = fit(coded[names], coded["event"])
    return lambda held: model.decision_function(scorecardpy.woebin_ply(held, bins)[names])


def logistic(table):
    event, x = read(table)
    known = x.notna().all(axis=1).to_numpy()
    x = x.to_numpy(dtype=float)[known]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    sklearn.linear_model.LogisticRegression(solver="lbfgs", penalty="none", max_iter=1000).fit(x, event[known])


def timed(what, table, runs):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = what(table)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds), result


def main(what, table=None, *more):
    warnings.simplefilter("ignore", FutureWarning)
    if what == "check":
        return
    if what == "logistic":
        print(*[f"{s:.3f}" for s in timed(logistic, table, int(more[0]))[0]])
        return
    seconds, score = timed({"card": card, "scorecardpy": scorecardpy}[what], table, int(more[1]) if len(more) > 1 else 1)
    event, held = read(more[0])
    print(*[f"{s:.3f}" for s in seconds], f"{sklearn.metrics.roc_auc_score(event, score(held)):.5f}")


main(*sys.argv[1:])
