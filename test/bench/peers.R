# What the benches compare with in R: peers.R WORK TABLE prints milliseconds, the least of three runs (of one, for models). A run
# begins with the rows in the database: a COPY into data.table's fread is part of it. One thread.
suppressMessages({ library(data.table); library(survival) })
setDTthreads(1)
arguments <- commandArgs(TRUE)
work <- arguments[1]
table <- arguments[2]
rows <- function(columns = "*") fread(cmd = sprintf("psql -qX -c \"COPY (SELECT %s FROM %s) TO STDOUT (FORMAT csv, HEADER)\"",
  columns, table), showProgress = FALSE)

works <- list(
  utilization = function() {
    d <- rows("product_id, balance, credit_limit")
    d[, `:=`(ratio = balance / fifelse(credit_limit == 0, NA_real_, credit_limit), drawn = pmax(balance, 0))]
    d[, .(sum(balance) / sum(credit_limit), mean(ratio, na.rm = TRUE), sd(ratio, na.rm = TRUE), mean(ratio > 0.9, na.rm = TRUE),
      mean(drawn == 0), sum(pmax(credit_limit - drawn, 0))), by = product_id]
  },
  psi = function() {
    n <- rows("band, is_actual")[, .N, by = .(band, is_actual)]
    n[, share := N / sum(N), by = is_actual]
    w <- dcast(n, band ~ is_actual, value.var = "share")
    sum((w$t - w$f) * log(w$t / w$f))
  },
  roc = function() {
    d <- rows("pd, event")[, bad := event == "t"]
    n1 <- as.numeric(sum(d$bad))
    n0 <- nrow(d) - n1
    auc <- (sum(frank(d$pd)[d$bad]) - n1 * (n1 + 1) / 2) / (n1 * n0)
    setorder(d, pd)
    step <- d[, .(bad = sum(bad), n = .N), by = pd]
    ks <- max(abs(cumsum(step$bad) / n1 - cumsum(step$n - step$bad) / n0))
    d[, .(.N, sum(bad)), by = ceiling(10 * seq_len(nrow(d)) / nrow(d))]
  },
  transitions = function() {
    d <- rows("account_id, month, state")
    setorder(d, account_id, month)
    d[, before := shift(state), by = account_id][!is.na(before), .N, by = .(before, state)]
  },
  logistic = function() {
    d <- rows()
    x <- cbind(1, as.matrix(d[, -1]))
    glm.fit(x, d$event == "t", family = binomial())
  },
  tobit = function() {
    d <- rows("y, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10")
    lower <- ifelse(d$y <= 0, -Inf, d$y)
    upper <- ifelse(d$y >= 12, Inf, d$y)
    survreg(Surv(lower, upper, type = "interval2") ~ ., data = d[, -1], dist = "gaussian")
  })
runs <- if (work %in% c("logistic", "tobit")) 1 else 3
least <- Inf
for (i in seq_len(runs)) {
  started <- proc.time()[[3]]
  invisible(works[[work]]())
  least <- min(least, 1000 * (proc.time()[[3]] - started))
}
cat(sprintf("%.0f\n", least))
