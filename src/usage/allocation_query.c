/*
 * allocation_query.c
 *	  The query of shadow_price: see allocation_query.h.
 */
#include "postgres.h"

#include "core/allocation_price.h"
#include "pg/row.h"
#include "pg/shards.h"
#include "usage/allocation_query.h"
#include "usage/allocation_rows.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#define HASH "pg_catalog.hashint8extended((q.account_id)::pg_catalog.int8, 0)"

void
cl_allocation_query_budgets(ClAllocationQuery *query, Jsonb *jsonb)
{
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	ClJson		root;

	cl_json_open(&root, "budgets", jsonb);
	if (!JB_ROOT_IS_OBJECT(jsonb) || JB_ROOT_COUNT(jsonb) < 1 || JB_ROOT_COUNT(jsonb) > CL_ALLOCATION_MOST_BUDGETS)
		cl_json_error_hint(&root, "an object of 1 to 8 budgets", "For example {\"exposure\": 1000000}.");
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		int			k = query->n_budgets;
		ClJson		node;

		if (token != WJB_KEY)
			continue;
		query->name[k] = pnstrdup(value.val.string.val, value.val.string.len);
		cl_json_require(&root, query->name[k], &node);
		if (!cl_json_is_number(&node))
			cl_json_error(&node, "a number");
		query->amount[k] = cl_json_float8(&node, 0, CL_ALLOCATION_LARGEST_AMOUNT);
		query->amount_text[k] = cl_numeric_string(NumericGetDatum(cl_json_numeric(&node)));
		if (strlen(query->name[k]) > NAMEDATALEN - 6)
			cl_json_error_hint(&node, "of a name of at most 58 bytes", "Its uses are a column of the query, use_ and this name.");
		query->n_budgets = k + 1;
	}
}

static void wrong_query(const char *detail) pg_attribute_noreturn();

static void
wrong_query(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the query must return accounts with demand, economics and uses of the budgets"),
			 errdetail("%s", detail),
			 errhint("For example: SELECT account_id, demand, margin, carry, floor, cap, 1 AS use_exposure FROM account; "
					 "mu, sigma and p_zero may stand for demand, floor, cap, p_zero and draw_exposure may be left out.")));
}

/* The place of a column, whose type is a number; -1 where there is none, which is a mistake unless it is allowed. */
static int
number_column(TupleDesc desc, const char *name, bool required, bool *taken)
{
	int			column = cl_query_column(desc, name);
	Oid			type;

	if (column < 0 && required)
		wrong_query(psprintf("It has no column %s.", name));
	if (column < 0)
		return -1;
	type = TupleDescAttr(desc, column)->atttypid;
	if (type != FLOAT8OID && type != NUMERICOID && type != INT4OID && type != INT8OID && type != INT2OID && type != FLOAT4OID)
		wrong_query(psprintf("Its column %s is of type %s; it must be a number.", name, format_type_be(type)));
	taken[column] = true;
	return column;
}

static char *
number(TupleDesc desc, const char *name, bool required, const char *otherwise, bool *taken)
{
	if (number_column(desc, name, required, taken) < 0)
		return psprintf("%s::pg_catalog.float8", otherwise);
	return psprintf("(q.%s)::pg_catalog.float8", quote_identifier(name));
}

/* A floor or a cap: numeric columns are read without a cast. */
static char *
amount(TupleDesc desc, const char *name, bool numeric)
{
	if (cl_query_column(desc, name) < 0)
		return psprintf("NULL::pg_catalog.%s", numeric ? "numeric" : "float8");
	return psprintf(numeric ? "q.%s" : "(q.%s)::pg_catalog.float8", quote_identifier(name));
}

static bool
is_numeric(TupleDesc desc, const char *name, bool *taken)
{
	int			column = number_column(desc, name, false, taken);

	return column < 0 || TupleDescAttr(desc, column)->atttypid == NUMERICOID;
}

static char *
demand_columns(ClAllocationQuery *query, TupleDesc desc, bool *taken)
{
	int			column = cl_query_column(desc, "demand");
	Oid			type;

	query->lognormal = column < 0;
	if (query->lognormal)
		return psprintf("%s, %s, %s", number(desc, "mu", true, "", taken), number(desc, "sigma", true, "", taken),
						number(desc, "p_zero", false, "0", taken));
	type = TupleDescAttr(desc, column)->atttypid;
	if (!cl_is_own_type(type, "demand"))
		wrong_query(psprintf("Its column demand is of type %s; it must be demand.", format_type_be(type)));
	query->demand_type = type;
	taken[column] = true;
	return pstrdup("q.demand");
}

/* What the loss in margin and carry is made of, in the order of ClRisk; NULL where it is not needed. */
static char *
risk_columns(const ClAllocationQuery *query, TupleDesc desc, bool *taken)
{
	bool		moves = cl_query_column(desc, "pd_limit_elasticity") >= 0;

	if (!query->may_have_risk || (query->scenarios == NULL && !moves))
		return NULL;
	return psprintf("%s, %s, %s, %s, %s, %s", number(desc, "pd", true, "", taken), number(desc, "lgd", true, "", taken),
					number(desc, "ccf", true, "", taken), number(desc, "default_draw_ratio", false, "1", taken),
					number(desc, "pd_limit_elasticity", false, "0", taken),
					moves ? number(desc, "pd_limit", true, "", taken) : "0::pg_catalog.float8");
}

/* What the query is read for: columns of a scan, arguments of the aggregate. */
static void
read_columns(ClAllocationQuery *query, TupleDesc desc)
{
	bool	   *taken = palloc0_array(bool, desc->natts);
	char	   *demand = demand_columns(query, desc, taken);
	char	   *margin = number(desc, "margin", true, "", taken);
	char	   *carry = number(desc, "carry", true, "", taken);
	bool		numeric = is_numeric(desc, "floor", taken) & is_numeric(desc, "cap", taken);
	int			column = cl_query_column(desc, "account_id");
	StringInfoData uses;
	StringInfoData draws;
	StringInfoData more;
	char	   *risk;
	Oid			type;

	if (column < 0)
		wrong_query("It has no column account_id.");
	type = TupleDescAttr(desc, column)->atttypid;
	if (type != INT8OID && type != INT4OID && type != INT2OID)
		wrong_query(psprintf("Its column account_id is of type %s; it must be an integer.", format_type_be(type)));
	taken[column] = true;
	initStringInfo(&uses);
	initStringInfo(&draws);
	for (int k = 0; k < query->n_budgets; k++)
	{
		appendStringInfo(&uses, "%s%s", k > 0 ? ", " : "", number(desc, psprintf("use_%s", query->name[k]), true, "", taken));
		appendStringInfo(&draws, "%s%s", k > 0 ? ", " : "",
						 number(desc, psprintf("draw_%s", query->name[k]), false, "0", taken));
	}
	risk = risk_columns(query, desc, taken);
	query->risk = risk == NULL ? NULL : psprintf(", ARRAY[%s], %s", risk, query->scenarios == NULL ? "NULL" : query->scenarios);
	initStringInfo(&more);
	if (risk != NULL)
		appendStringInfo(&more, ", %s", risk);
	for (int i = 0; i < query->n_more; i++)
		appendStringInfo(&more, ", %s", number(desc, query->more[i].name, query->more[i].required, "NULL", taken));
	for (int i = 0; i < desc->natts; i++)
	{
		if (!taken[i])
			wrong_query(psprintf("Its column %s is not one that is read, or it is there twice.",
								 NameStr(TupleDescAttr(desc, i)->attname)));
	}
	query->account = psprintf("%s, %s, %s, %s, %s, ARRAY[%s], ARRAY[%s]", demand, margin, carry, amount(desc, "floor", numeric),
							   amount(desc, "cap", numeric), uses.data, draws.data);
	query->columns = psprintf("(q.account_id)::pg_catalog.int8, " HASH ", "
							   "%s, %s, %s, %s, %s, %s, %s%s", margin, carry, amount(desc, "floor", false),
							   amount(desc, "cap", false), demand, uses.data, draws.data, more.data);
}

/* With shards the query reads from a name, which stands for each of them. */
void
cl_allocation_query_open(ClAllocationQuery *query, const char *text, char **shards)
{
	ClQuery		source;

	if (shards == NULL)
	{
		cl_query_open(&source, text, CL_ALLOCATION_QUERY);
		query->n_shards = 1;
		query->source = palloc_object(char *);
		query->source[0] = psprintf("(\n%s\n) AS q", source.text);
		read_columns(query, source.desc);
		return;
	}
	query->of_shards = true;
	text = cl_query_one_select(text, CL_ALLOCATION_QUERY);
	if (strstr(text, CL_SHARD) == NULL)
		wrong_query("With shards it must read from \"" CL_SHARD "\", which stands for each of them.");
	query->source = palloc_array(char *, query->n_shards);
	query->shard = palloc_array(char *, query->n_shards);
	for (int i = 0; i < query->n_shards; i++)
	{
		query->shard[i] = cl_shard_with(shards[i]);
		query->source[i] = psprintf("(\n%s\n) AS q", text);
		cl_query_open(&source, psprintf("%sSELECT * FROM %s", query->shard[i], query->source[i]), CL_ALLOCATION_QUERY);
		read_columns(query, source.desc);
	}
}

/* A SELECT over each shard, put together. */
static char *
of_shards(const ClAllocationQuery *query, const char *select, const char *after)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < query->n_shards; i++)
		appendStringInfo(&sql, "%s(%sSELECT %s FROM %s%s)", i > 0 ? "\nUNION ALL " : "", query->of_shards ? query->shard[i] : "",
						 select, query->source[i], after);
	return sql.data;
}

char *
cl_allocation_query_scan(const ClAllocationQuery *query, int share)
{
	if (share == 0)
		return of_shards(query, query->columns, "");
	return of_shards(query, query->columns,
					 psprintf(" WHERE " HASH " OPERATOR(pg_catalog.&) " INT64_FORMAT " OPERATOR(pg_catalog.=) 0",
							  (INT64CONST(1) << share) - 1));
}

char *
cl_allocation_query_doubled(const ClAllocationQuery *query)
{
	return psprintf("SELECT pg_catalog.count(*), pg_catalog.min(s.id) FROM (SELECT q.account_id::pg_catalog.int8 AS id FROM %s "
					"GROUP BY 1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) AS s", query->source[0]);
}

char *
cl_allocation_query_step(const ClAllocationQuery *query, int n)
{
	StringInfoData select;
	StringInfoData all;

	initStringInfo(&select);
	initStringInfo(&all);
	appendStringInfoString(&select, "pg_catalog.count(q.account_id) AS n");
	for (int i = 1; i <= n; i++)
	{
		appendStringInfo(&select, ", credit_limit.allocation_step_agg(%s, $%d%s) AS step_%d", query->account, i,
						 query->risk == NULL ? "" : query->risk, i);
		appendStringInfo(&all, ", credit_limit.rollup(s.step_%d)", i);
	}
	if (query->n_shards == 1)
		return of_shards(query, select.data, "");
	return psprintf("SELECT pg_catalog.sum(s.n)::pg_catalog.int8%s FROM (%s) AS s", all.data, of_shards(query, select.data, ""));
}
