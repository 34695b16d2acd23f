# highs.py BUDGET VALUE: the linear relaxation of ten actions an account, read as value,use from standard input, by HiGHS' interior
# point; and whether VALUE, a feasible choice, is not lower than its bound by more than rounding to whole actions costs.
import resource
import sys

import numpy
import scipy.optimize
import scipy.sparse

rows = numpy.loadtxt(sys.stdin, delimiter=",")
n = len(rows) // 10
one = scipy.sparse.csr_matrix((numpy.ones(10 * n), (numpy.repeat(numpy.arange(n), 10), numpy.arange(10 * n))), shape=(n, 10 * n))
found = scipy.optimize.linprog(-rows[:, 0], A_ub=rows[:, 1][None, :], b_ub=[float(sys.argv[1])], A_eq=one, b_eq=numpy.ones(n),
                               bounds=(0, 1), method="highs-ipm")
print("HiGHS: bound %.4f, our value is %.2e of it lower; %d MB" %
      (-found.fun, 1 - float(sys.argv[2]) / -found.fun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))
