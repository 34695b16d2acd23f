/*
 * action_price.c
 *	  action_price: the prices of budgets over a query of actions, with a certificate; and what one account chooses at prices.
 *
 * The query is scanned once: its amounts are kept as integers, 8 bytes each, and all passes are over these. It runs with the
 * rights of the caller, in the snapshot of his statement.
 */
#include "postgres.h"

#include <math.h>

#include "limit/action_choice.h"
#include "pg/numeric.h"
#include "pg/record.h"

#include "catalog/pg_type.h"
#include "core/sort.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_action_price);
PG_FUNCTION_INFO_V1(cl_best_action);
PG_FUNCTION_INFO_V1(cl_flip_price);

/* A fill share is kept where the prices alone leave more than this part of the bound. */
#define FILL_WORTH 1e-5

#define CL_LARGEST_GIVEN_PRICE 1e12

typedef struct Options
{
	const char **names;
	bool		digest;
	const Numeric *price;		/* that are not sought; NULL: they are */
} Options;

/* A number for each budget. */
static const Numeric *
read_prices(const ClJson *array, int budgets)
{
	Numeric    *price = palloc_array(Numeric, budgets);

	(void) cl_json_array(array, budgets, budgets);
	for (int k = 0; k < budgets; k++)
	{
		ClJson		item;

		cl_json_item(array, k, &item);
		(void) cl_json_float8(&item, 0, CL_LARGEST_GIVEN_PRICE);
		price[k] = cl_json_numeric(&item);
	}
	return price;
}

static void
read_options(Jsonb *jsonb, int budgets, Options *options)
{
	static const char *const keys[] = {"names", "digest", "prices", NULL};
	ClJson		root;
	ClJson		node;
	ClJson		name;

	cl_json_open(&root, "options of action_price", jsonb);
	cl_json_object(&root, keys);
	options->digest = !cl_json_get(&root, "digest", &node) || cl_json_bool(&node);
	options->price = cl_json_get(&root, "prices", &node) ? read_prices(&node, budgets) : NULL;
	options->names = palloc_array(const char *, budgets);
	for (int k = 0; k < budgets; k++)
		options->names[k] = psprintf("%d", k + 1);
	if (!cl_json_get(&root, "names", &node))
		return;
	(void) cl_json_array(&node, budgets, budgets);
	for (int k = 0; k < budgets; k++)
	{
		cl_json_item(&node, k, &name);
		options->names[k] = cl_json_string(&name);
		for (int j = 0; j < k; j++)
		{
			if (strcmp(options->names[j], options->names[k]) == 0)
				cl_json_error(&name, "the name of no other budget");
		}
	}
}

/* Finite numbers of an array argument, at most CL_ACTION_BUDGETS; "what" is one of them. */
static Numeric *
read_numbers(ArrayType *array, const char *what, int *n)
{
	Datum	   *value;
	Numeric    *number;

	if (ARR_NDIM(array) != 1 || array_contains_nulls(array) || ARR_DIMS(array)[0] > CL_ACTION_BUDGETS)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("there must be 1 to %d %ss", CL_ACTION_BUDGETS, what),
				 errdetail("Found an array of %d, or a NULL in it.", ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array))),
				 errhint("For example: ARRAY[1000000].")));
	deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &value, NULL, n);
	number = palloc_array(Numeric, *n);
	for (int k = 0; k < *n; k++)
	{
		number[k] = DatumGetNumeric(value[k]);
		if (numeric_is_nan(number[k]) || numeric_is_inf(number[k]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a %s must be a finite number", what),
					 errdetail("Found %s.", cl_numeric_string(value[k])),
					 errhint("What has no limit is left out, with its uses.")));
	}
	return number;
}

/*
 * Many accounts may tie at the prices of the bound, and all lose when these are raised. So prices a little below let some of them
 * in: those whose place, a hash of the account, is below the fill share. The largest share that fits.
 */
static void
fill(const ClActionRows *rows, ClActionPrices *prices, ClActionTotals *totals, size_t *chosen)
{
	const ClActions *actions = &rows->actions;
	ClKeyed    *moved = cl_allocate(&rows->memory, actions->accounts * sizeof(ClKeyed));
	size_t	   *other = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));
	size_t		n = 0;
	double		price[CL_ACTION_BUDGETS];
	int			down[CL_ACTION_BUDGETS];
	ClExactPrices exact;
	ClActionTotals at_fill;
	ClActionTotals now = *totals;
	cl_int128	most = now.value;

	for (int k = 0; k < actions->budgets; k++)
	{
		price[k] = cl_decimal_price_value(prices->price[k]) * (1 - 1e-8);
		down[k] = -1;
	}
	if (!cl_decimal_prices(actions, price, down, prices->fill_price) || !cl_exact_prices(actions, prices->fill_price, &exact))
		return;
	cl_actions_choose(actions, &exact, &at_fill, other);
	for (size_t i = 0; i < actions->accounts; i++)
	{
		if (other[i] != chosen[i])
			moved[n++] = (ClKeyed) {(uint64) cl_action_place(rows->group[i]), i};
	}
	cl_sort_keyed(&rows->memory, moved, n);
	for (size_t j = 0; j < n; j++)
	{
		cl_actions_add(actions, chosen[moved[j].row], -1, &now);
		cl_actions_add(actions, other[moved[j].row], 1, &now);
		if ((j + 1 == n || moved[j + 1].key > moved[j].key) && now.value > most && cl_actions_fit(actions, &now))
		{
			most = now.value;
			prices->fill = (int64) moved[j].key + 1;
		}
	}
	pfree(moved);
	pfree(other);
	if (prices->fill > 0)
		cl_action_choices(rows, prices, totals, chosen);
}

/* The accounts that do not take what is best for them at the prices. */
static void
list_repaired(const ClActionRows *rows, const size_t *best, const size_t *chosen, ClAllocationCertificate *certificate)
{
	certificate->repaired = palloc_array(ClRepaired, rows->actions.accounts);
	for (size_t i = 0; i < rows->actions.accounts; i++)
	{
		if (chosen[i] != best[i])
			certificate->repaired[certificate->n_repaired++] = (ClRepaired) {rows->group[i], rows->action[chosen[i]]};
	}
}

/* Below CL_PRICES_DECIDE accounts the choice is mended; else the prices are. Fills in what the certificate says of it. */
static void
choose(const ClActionRows *rows, ClActionSearch *search, ClActionPrices *prices, ClAllocationCertificate *certificate,
	   ClActionTotals *totals)
{
	const ClActions *actions = &rows->actions;
	size_t	   *chosen = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));
	bool		decided = false;

	memcpy(prices->decides, prices->price, sizeof(prices->price));
	cl_action_choices(rows, prices, totals, chosen);
	if (cl_actions_fit(actions, totals) && certificate->status == CL_ALLOCATION_SLACK)
		return;
	if (actions->accounts >= CL_PRICES_DECIDE)
		decided = cl_actions_raise(actions, prices->price, prices->decides, &search->passes);
	if (decided)
	{
		cl_action_choices(rows, prices, totals, chosen);
		if (search->bound - (double) totals->value / (double) cl_pow10_64[actions->decimals[0]] >
			FILL_WORTH * fabs(search->bound))
			fill(rows, prices, totals, chosen);
	}
	else
	{
		size_t	   *best = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));

		memcpy(best, chosen, actions->accounts * sizeof(size_t));
		cl_actions_mend(actions, search->price, totals, chosen);
		list_repaired(rows, best, chosen, certificate);
		if (certificate->n_repaired > CL_MOST_REPAIRED)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("no prices were found at which what accounts choose fits"),
					 errdetail("More than %d accounts would have to be moved.", CL_MOST_REPAIRED),
					 errhint("Look for uses whose sums hardly fit any choice.")));
	}
}

/*
 * Prices that were sought over more accounts than these. What these use at them is all that they get of the budgets, so that no
 * other choice of theirs is worth more within it.
 */
static void
take_prices(const ClActionRows *rows, const Options *options, ClActionPrices *prices, ClAllocationCertificate *certificate,
			ClActionTotals *totals, Numeric *amount)
{
	const ClActions *actions = &rows->actions;

	for (int k = 0; k < actions->budgets; k++)
		certificate->budget[k].price = options->price[k];
	cl_certificate_prices(certificate, prices);
	cl_action_choices(rows, prices, totals, cl_allocate(&rows->memory, actions->accounts * sizeof(size_t)));
	certificate->method = "given prices";
	certificate->passes = 1;
	certificate->status = actions->accounts == 0 ? CL_ALLOCATION_EMPTY : CL_ALLOCATION_SLACK;
	for (int k = 0; k < actions->budgets; k++)
	{
		Numeric		used = cl_action_number(totals->use[k], actions->decimals[1 + k]);

		if (totals->use[k] > actions->capacity[k])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("at the given prices these accounts alone use more of budget \"%s\" than there is",
							options->names[k]),
					 errdetail("They use %s of %s.", cl_numeric_string(NumericGetDatum(used)),
							   cl_numeric_string(NumericGetDatum(amount[k]))),
					 errhint("Give a higher price, or leave prices out to have them sought.")));
		amount[k] = used;
		if (prices->price[k].units > 0 && certificate->status == CL_ALLOCATION_SLACK)
			certificate->status = CL_ALLOCATION_BINDING;
	}
	if (certificate->status == CL_ALLOCATION_EMPTY)
		return;
	certificate->bound = cl_action_bound(actions, prices, amount);
	certificate->value = cl_action_number(totals->value, actions->decimals[0]);
}

static void
seek_prices(const ClActionRows *rows, ClActionPrices *prices, ClAllocationCertificate *certificate, ClActionTotals *totals,
			const Numeric *amount)
{
	const ClActions *actions = &rows->actions;
	ClActionSearch search;

	cl_actions_search(actions, &search);
	*totals = search.first;
	certificate->passes = search.passes;
	certificate->status = actions->accounts == 0 ? CL_ALLOCATION_EMPTY :
		!search.feasible ? CL_ALLOCATION_INFEASIBLE : CL_ALLOCATION_SLACK;
	if (certificate->status != CL_ALLOCATION_SLACK)
		return;
	if (!cl_decimal_prices(actions, search.price, NULL, prices->price))
		cl_exact_or_error(actions, prices->price, &(ClExactPrices) {0});
	for (int k = 0; k < actions->budgets; k++)
	{
		if (prices->price[k].units > 0)
			certificate->status = search.converged ? CL_ALLOCATION_BINDING : CL_ALLOCATION_NOT_CONVERGED;
	}
	choose(rows, &search, prices, certificate, totals);
	certificate->passes = search.passes;
	certificate->bound = cl_action_bound(actions, prices, amount);
	certificate->value = cl_action_number(totals->value, actions->decimals[0]);
}

static void
certify(const ClActionRows *rows, Numeric *amount, const Options *options, ClAllocationCertificate *certificate)
{
	const ClActions *actions = &rows->actions;
	ClActionPrices prices = {.fill = 0};
	ClActionTotals totals;

	if (options->price != NULL)
		take_prices(rows, options, &prices, certificate, &totals, amount);
	else
		seek_prices(rows, &prices, certificate, &totals, amount);
	for (int k = 0; k < actions->budgets; k++)
	{
		ClCertifiedBudget *budget = &certificate->budget[k];
		const ClDecimalPrice *price = &prices.price[k];
		const ClDecimalPrice *decides = &prices.decides[k];

		budget->name = options->names[k];
		budget->amount = amount[k];
		budget->used = cl_action_number(totals.use[k], actions->decimals[1 + k]);
		budget->price = NULL;
		if (certificate->bound == NULL)
			continue;
		budget->price = cl_action_number(price->units, price->decimals);
		if (decides->units != price->units || decides->decimals != price->decimals)
			budget->decides = cl_action_number(decides->units, decides->decimals);
		if (prices.fill > 0)
			budget->fill_price = cl_action_number(prices.fill_price[k].units, prices.fill_price[k].decimals);
	}
	if (prices.fill > 0)
		certificate->fill = cl_action_number(prices.fill, 9);
	if (options->digest)
		certificate->digest = cl_action_rows_digest(rows);
}

/* Arguments: query, budgets, options. */
Datum
cl_action_price(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ClActionRows rows;
	ClAllocationCertificate certificate = {.kind = CL_ALLOCATION_ROWS, .method = "cutting planes", .read_once = true};
	Options		options;
	Numeric    *amount;
	Datum		result;
	int			budgets;

	amount = read_numbers(PG_GETARG_ARRAYTYPE_P(1), "budget", &budgets);
	read_options(PG_GETARG_JSONB_P(2), budgets, &options);
	SPI_connect();
	cl_action_rows_read(&rows, text_to_cstring(PG_GETARG_TEXT_PP(0)), budgets);
	for (int k = 0; k < budgets; k++)
		rows.actions.capacity[k] = cl_action_capacity(amount[k], rows.actions.decimals[1 + k]);
	certificate.n_budgets = budgets;
	certificate.budget = palloc0_array(ClCertifiedBudget, budgets);
	certificate.n = (int64) rows.actions.accounts;
	certificate.rows = (int64) rows.actions.rows;
	certify(&rows, amount, &options, &certificate);
	MemoryContextSwitchTo(caller);
	result = cl_document_datum(&allocation_certificate_document, &certificate);
	SPI_finish();
	PG_RETURN_DATUM(result);
}

/* Values, uses and prices of one account. */
static void
read_account(FunctionCallInfo fcinfo, ClActionRows *rows, ClDecimalPrice *price)
{
	ClAllocationCertificate certificate = {.n_budgets = 0};
	ClActionPrices prices;
	Numeric    *number = read_numbers(PG_GETARG_ARRAYTYPE_P(2), "price", &certificate.n_budgets);

	cl_action_rows_of_arrays(rows, PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1), certificate.n_budgets);
	certificate.budget = palloc0_array(ClCertifiedBudget, certificate.n_budgets);
	for (int k = 0; k < certificate.n_budgets; k++)
		certificate.budget[k].price = number[k];
	cl_certificate_prices(&certificate, &prices);
	for (int k = 0; k < certificate.n_budgets; k++)
	{
		if (prices.price[k].units < 0)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a price must not be negative"),
					 errdetail("Found %s.", cl_numeric_string(NumericGetDatum(number[k]))),
					 errhint("A budget that does not bind has price 0.")));
	}
	memcpy(price, prices.price, sizeof(prices.price));
}

/* (values, uses, prices) -> place of the best */
Datum
cl_best_action(PG_FUNCTION_ARGS)
{
	ClActionRows rows;
	ClDecimalPrice price[CL_ACTION_BUDGETS];
	ClExactPrices exact;

	read_account(fcinfo, &rows, price);
	cl_exact_or_error(&rows.actions, price, &exact);
	PG_RETURN_INT32((int32) cl_action_choose(&rows.actions, &exact, 0) + 1);
}

/* (values, uses, prices) -> up, down */
Datum
cl_flip_price(PG_FUNCTION_ARGS)
{
	ClActionRows rows;
	ClDecimalPrice price[CL_ACTION_BUDGETS];
	ClExactPrices exact;
	double		flip[2][CL_ACTION_BUDGETS];
	ClRecord	record;

	read_account(fcinfo, &rows, price);
	cl_exact_or_error(&rows.actions, price, &exact);
	cl_action_flip(&rows.actions, price, 0, cl_action_choose(&rows.actions, &exact, 0), flip[0], flip[1]);
	cl_record_open(&record, fcinfo);
	for (int side = 0; side < 2; side++)
		cl_record_put(&record, cl_action_flip_datum(flip[side], rows.actions.budgets));
	PG_RETURN_DATUM(cl_record_datum(&record));
}
