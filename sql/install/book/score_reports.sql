-- Reports of a book on how well its scores rank, and on whether the PD is right.

-- part of create_book_reports
CREATE FUNCTION credit_limit_internal.create_score_reports(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  -- The accounts of the latest run whose outcome is known, each with its score and what became of it.
  scored CONSTANT text := $$WITH chosen AS MATERIALIZED (
        SELECT r.run_id, r.as_of, date_trunc('month', r.as_of::timestamp)::date AS month,
          (date_trunc('month', r.as_of::timestamp) + make_interval(months => x.outcome_months))::date AS until
        FROM @book@.run r
        CROSS JOIN @book@.report_refresh f
        CROSS JOIN (SELECT max(a.outcome_months) AS outcome_months FROM @book@.report_assumption a) x
        WHERE r.status = 'done' AND r.run_key IS NOT NULL
          AND date_trunc('month', r.as_of::timestamp) + make_interval(months => x.outcome_months) <= f.whole_month
        ORDER BY r.as_of DESC, r.run_id DESC LIMIT 1),
      outcome AS (
        SELECT m.account_id, max(m.days_past_due) FILTER (WHERE m.month > (SELECT as_of FROM chosen)) AS worst,
          max(m.days_past_due) FILTER (WHERE m.month <= (SELECT as_of FROM chosen)) AS before,
          bool_or(m.month > (SELECT as_of FROM chosen)) AS observed,
          max(@month_segment@) FILTER (WHERE m.month = (SELECT month FROM chosen)) AS segment
        FROM @book@.account_month m
        WHERE m.month >= (SELECT month FROM chosen) AND m.month <= (SELECT until FROM chosen)
        GROUP BY m.account_id),
      scored AS (
        SELECT d.product, d.run_id, d.as_of, coalesce(o.segment, b.segment) AS segment, d.account_id,
          d.score, d.pd,
          coalesce(o.worst >= x.bad_days, false) AS bad
        FROM @book@.decision d
        JOIN @book@.account a ON a.account_id = d.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        JOIN outcome o ON o.account_id = d.account_id
        LEFT JOIN @book@.report_assumption own ON own.product = d.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        WHERE d.as_of = (SELECT as_of FROM chosen) AND d.run_id = (SELECT run_id FROM chosen) AND d.score IS NOT NULL
          AND o.observed AND NOT coalesce(o.before >= x.bad_days, false))$$;
BEGIN
  PERFORM credit_limit_internal.create_report(book, 'report_scores',
    'How well the score ranks in each segment of a product: the long tail. By the latest finished run whose outcome_months are '
    'over (the most in report_assumption; a what-if run counts), up to the latest month that most accounts have',
    '{"run_id": "the run whose scores are looked at", "n": "accounts with a score, not bad on its day, and with a later month",
      "n_event": "those of them that turned bad", "event_rate": "n_event by n", "auc": "area under the ROC curve",
      "conf_low": "95 % interval (DeLong)", "conf_high": "95 % interval (DeLong)", "auc_product": "of all segments",
      "verdict": "too few (under 30 events or non-events), does not rank (the interval reaches 0.5), weaker '
      '(it lies below auc_product), ranks"}',
    scored || $$,
      ranked AS (
        SELECT o.product, o.run_id, o.as_of, o.segment, credit_limit.roc_agg(o.score, o.bad, false) AS roc
        FROM scored o GROUP BY o.product, o.run_id, o.as_of, o.segment)
      SELECT r.product, r.segment, r.run_id, r.as_of, s.n, s.n_event, round(s.event_rate::numeric, 6) AS event_rate,
        round(i.auc::numeric, 6) AS auc, round(i.conf_low::numeric, 6) AS conf_low, round(i.conf_high::numeric, 6) AS conf_high,
        round(w.auc::numeric, 6) AS auc_product,
        CASE WHEN least(s.n_event, s.n_non_event) < 30 THEN 'too few' WHEN i.conf_low <= 0.5 THEN 'does not rank'
          WHEN i.conf_high < w.auc THEN 'weaker' ELSE 'ranks' END AS verdict
      FROM ranked r
      JOIN (SELECT k.product, credit_limit.auc(credit_limit.rollup(k.roc)) AS auc FROM ranked k GROUP BY k.product) w
        ON w.product = r.product
      CROSS JOIN LATERAL credit_limit.roc_stats(r.roc) s
      CROSS JOIN LATERAL credit_limit.auc_interval(r.roc) i$$);

  PERFORM credit_limit_internal.create_report(book, 'report_score_bands',
    'Tenths of the accounts of a product by score, the worst first: what part of those that turned bad they hold, and whether '
    'the PD was right. Of the run of report_scores',
    '{"run_id": "the run whose scores are looked at", "band": "1 has the tenth with the lowest scores",
      "from_score": "its lowest", "to_score": "its highest",
      "accounts": "with a score, not bad on its day, and with a later month",
      "bad": "those of them that turned bad", "bad_rate": "bad by accounts", "pd": "mean of their PDs; NULL: none has one",
      "share_accounts": "of the accounts of the product, in this band and those before",
      "share_bad": "of those that turned bad"}',
    scored || $$,
      banded AS (
        SELECT o.product, o.run_id, o.as_of, o.score, o.bad, o.pd,
          ntile(10) OVER (PARTITION BY o.product ORDER BY o.score, o.account_id) AS band FROM scored o),
      counted AS (
        SELECT b.product, b.run_id, b.as_of, b.band, min(b.score) AS from_score, max(b.score) AS to_score, count(*) AS accounts,
          count(*) FILTER (WHERE b.bad) AS bad, avg(b.pd::numeric) AS pd
        FROM banded b GROUP BY b.product, b.run_id, b.as_of, b.band)
      SELECT c.product, c.run_id, c.as_of, c.band, round(c.from_score::numeric, 4) AS from_score,
        round(c.to_score::numeric, 4) AS to_score, c.accounts, c.bad, round(c.bad::numeric / c.accounts, 6) AS bad_rate,
        round(c.pd, 6) AS pd, round(sum(c.accounts) OVER w / sum(c.accounts) OVER (PARTITION BY c.product), 4) AS share_accounts,
        round(sum(c.bad) OVER w / nullif(sum(c.bad) OVER (PARTITION BY c.product), 0), 4) AS share_bad
      FROM counted c WINDOW w AS (PARTITION BY c.product ORDER BY c.band)$$);
END
$create$;
