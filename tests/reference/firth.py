#!/usr/bin/env python3
"""Firth's fit of tests/data/statistics/H35_sign_always_hie.csv, by two programs that are not ours.

Usage: python3 -m venv v && v/bin/pip install numpy scipy scikit-learn
       v/bin/pip install --no-deps --ignore-requires-python firthlogist==0.5.0 tabulate
       v/bin/python tests/reference/firth.py

Prints intercept and coefficients, then their Wald standard errors: of firthlogist, and of scipy's direct
maximisation of the penalised likelihood. Both are in tests/statistics.rs.
"""
import csv
from pathlib import Path

import numpy as np
from firthlogist import FirthLogisticRegression
from scipy.optimize import minimize

path = Path(__file__).parents[1] / "data/statistics/H35_sign_always_hie.csv"
rows = list(csv.DictReader(path.open()))
y = np.array([float(r["y"]) for r in rows])
x = np.array([[float(r["sign"]), float(r["birth_weight_g"])] for r in rows])

model = FirthLogisticRegression(tol=1e-10, max_iter=500, max_halfstep=50, skip_pvals=True, skip_ci=True, wald=True)
model._validate_data = lambda x, y, **_: (x, y)  # gone from scikit-learn since
model.fit(x, y)
print(model.intercept_, model.coef_, np.r_[model.bse_[-1], model.bse_[:-1]])

mean, scale = x.mean(0), x.std(0)
z = np.c_[np.ones(len(y)), (x - mean) / scale]


def information(b):
    p = 1 / (1 + np.exp(-z @ b))
    return z.T @ (z * (p * (1 - p))[:, None])


def loss(b):
    return -np.sum(y * (z @ b) - np.logaddexp(0, z @ b)) - 0.5 * np.linalg.slogdet(information(b))[1]


found = minimize(loss, np.zeros(3), method="BFGS")
found = minimize(loss, found.x, method="Nelder-Mead", options=dict(xatol=1e-12, fatol=1e-15, maxiter=20000)).x
back = np.array([[1, *(-mean / scale)], [0, 1 / scale[0], 0], [0, 0, 1 / scale[1]]])
print(back @ found, np.sqrt(np.diag(back @ np.linalg.inv(information(found)) @ back.T)))
