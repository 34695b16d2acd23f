"""What the benches compare with in Python: peers.py WORK TABLE prints milliseconds, the least of three runs.

A run begins with the rows in the database: a COPY through a pipe into pandas is part of it. Models are in scikit_learn.py.
"""
import io
import subprocess
import sys
import time

import numpy
import pandas
import sklearn.metrics

COLUMNS = {"utilization": "product_id, balance, credit_limit", "psi": "band, is_actual", "roc": "pd, event",
           "transitions": "account_id, month, state"}


def read(work, table):
    rows = subprocess.run(["psql", "-qX", "-c", f"COPY (SELECT {COLUMNS[work]} FROM {table}) TO STDOUT (FORMAT csv, HEADER)"],
                          stdout=subprocess.PIPE, check=True).stdout
    return pandas.read_csv(io.BytesIO(rows), engine="c", true_values=["t"], false_values=["f"])


def utilization(rows):
    ratio = rows.balance / rows.credit_limit.where(rows.credit_limit != 0)
    drawn = rows.balance.clip(lower=0)
    made = rows.assign(ratio=ratio, idle=drawn == 0, high=ratio > 0.9, unused=(rows.credit_limit - drawn).clip(lower=0))
    by = made.groupby("product_id")
    return by.agg({"balance": "sum", "credit_limit": "sum", "ratio": ["mean", "std"], "idle": "mean", "high": "mean",
                   "unused": "sum"})


def psi(rows):
    share = pandas.crosstab(rows.band, rows.is_actual, normalize="columns")
    return ((share[True] - share[False]) * numpy.log(share[True] / share[False])).sum()


def roc(rows):
    auc = sklearn.metrics.roc_auc_score(rows.event, rows.pd)
    false, true, _ = sklearn.metrics.roc_curve(rows.event, rows.pd)
    group = pandas.qcut(rows.pd, 10, labels=False, duplicates="drop")
    return auc, (true - false).max(), rows.event.groupby(group).agg(["size", "sum"])


def transitions(rows):
    rows = rows.sort_values(["account_id", "month"])
    before = rows.groupby("account_id").state.shift()
    return pandas.crosstab(before, rows.state)


work, table = sys.argv[1:]
least = float("inf")
for _ in range(3):
    start = time.perf_counter()
    {"utilization": utilization, "psi": psi, "roc": roc, "transitions": transitions}[work](read(work, table))
    least = min(least, 1000 * (time.perf_counter() - start))
print(f"{least:.1f}")
