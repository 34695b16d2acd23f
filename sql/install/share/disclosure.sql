-- Tables for others: what of a table is sensitive, what may be given away of it, and what an attacker makes of that.

-- a table of counts that come from elsewhere, such as those of roll_rates: a label of a row, one of a column and a number of
-- borrowers make a cell. A borrower in two cells counts in both, in margins too. Cells of the same labels are added up; those
-- with a NULL are left out and counted. A NULL argument gives NULL. Error: arrays of different lengths (2202E), a count below 0
-- or above 2^40 (22003), more than 200 rows or columns (54000)
CREATE FUNCTION credit_limit.disclosure_table(row_labels text[], column_labels text[], n bigint[])
    RETURNS credit_limit.disclosure_table
    AS 'MODULE_PATHNAME', 'cl_disclosure_table_of_counts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- all that is known of a table, for its owner: labels (NULL: the margin), n (in a margin the sum of its cells), contributors
-- (each once), amount, the two largest contributors' amounts, and why the rule calls a cell sensitive: frequency, dominance,
-- p, or NULL. Rules as in suppress. NULL gives no rows
CREATE FUNCTION credit_limit.disclosure_cells(cells credit_limit.disclosure_table, rule jsonb DEFAULT '{}',
    OUT row_label text, OUT column_label text, OUT n bigint, OUT contributors bigint, OUT amount numeric, OUT largest numeric,
    OUT second_largest numeric, OUT sensitive text) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_disclosure_cells' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;

-- what may be given away: the table as JSON, with null where a cell is hidden. Hidden are the cells that the rule calls
-- sensitive, and others that protect them, margins only where nothing else will do. Keys of rule, all optional:
-- minimum_frequency (5): fewer contributors are sensitive; p (0.1): sensitive where the second largest contributor learns the
-- largest amount to within that share, and the share by which bounds of a hidden amount must be away from it; dominance {"n":
-- 1 or 2, "share"}: the n largest have more than that share; round, round_n: amounts and counts are rounded to multiples of
-- it; hide [[row, column], ...]: also these, null being the margin; secondary (true): false hides sensitive cells only, which
-- protects none of them. NULL gives NULL. Error: an unknown key or a value out of range (22023). Source: Hundepool et al. 2012
CREATE FUNCTION credit_limit.suppress(cells credit_limit.disclosure_table, rule jsonb DEFAULT '{}') RETURNS jsonb
    AS 'MODULE_PATHNAME', 'cl_suppress' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- suppress of several tables of which some add up to others: each release hides what protects its own table, and what keeps the
-- others from giving its cells away. tables, and links, as disclosure_audit takes them, which finds all safe; rule: that of
-- suppress, for each table. What a contributor who is alone in a cell learns from other tables is not looked at. Give them away
-- together, since what was given away before stays as it was. A NULL argument gives NULL. Errors: a NULL table (22004), links
-- that do not add up, secondary false (22023), a cell that cannot be protected (22000), too many cells (54000)
CREATE FUNCTION credit_limit.suppress_linked(tables credit_limit.disclosure_table[], rule jsonb, links jsonb) RETURNS jsonb[]
    AS 'MODULE_PATHNAME', 'cl_suppress_linked' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- what suppress gave away, a row for each cell, those of the margins with a NULL label; n and amount are NULL where it is
-- hidden. NULL gives no rows. Error: JSON that is no release (22023)
CREATE FUNCTION credit_limit.released_cells(released jsonb, OUT row_label text, OUT column_label text, OUT n bigint,
    OUT amount numeric) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_released_cells' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;

-- the attacker: what a recipient of all these releases can conclude about each hidden cell. released: what was given away of
-- each table, NULL where nothing was. links: [{"sum": [2, 3], "equals": [1]}] says that tables 2 and 3 add up to table 1, cell
-- by cell, as parts of a book do; with "merge_columns": [["line or lease", "line", "lease"]] two columns of tables 2 and 3 are
-- one of table 1, which has another name ("merge_rows" the same). With "margins": ["rows", "columns"] only sums agree, those of
-- rows of what is summed and those of columns of what equals it, in counts or amounts or both. low, high: the bounds, high NULL
-- where there is none; low_required, high_required: what the rule (that of suppress) asks of them; attacker: stranger, or
-- contributor, one who is alone in a hidden cell and knows its amount, where only he breaks the rule; safe: whether the bounds
-- are as wide as asked. measure: amount, or n. Bounds of tables without links are exact; those of linked ones are to 1e-9 of the
-- largest total, and of strangers only. A NULL argument gives no rows. Error: a NULL table (22004), a release that is not of its
-- table, links that do not add up or are of other labels (22023), linked tables with too many cells (54000)
CREATE FUNCTION credit_limit.disclosure_audit(tables credit_limit.disclosure_table[], released jsonb[], rule jsonb DEFAULT '{}',
    links jsonb DEFAULT '[]', OUT table_number int, OUT row_label text, OUT column_label text, OUT measure text,
    OUT value numeric, OUT low numeric, OUT high numeric, OUT low_required numeric, OUT high_required numeric,
    OUT attacker text, OUT safe boolean) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_disclosure_audit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
