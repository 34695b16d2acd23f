/*
 * demand_prior_json.c
 *	  The type demand_prior as JSON.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "pg/numeric.h"
#include "usage/behavior_state.h"
#include "usage/demand_prior_state.h"
#include "usage/demand_state.h"

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"

/*
 * JSON:
 *		{"version": 1, "compact": false, "n_accounts": 2, "n_out_of_scope": 0, "n_without": 0, "n_months": 5,
 *		 "population": {"distribution": "lognormal", "level_mean": 6.9, …, "log_scores": [-7.1, null, -7.3]},
 *		 "seen": 950, "ceilings": [[9, 2, 1000], [64, 2, 1000]],
 *		 "accounts": [["hash", "2025-12", 1000, 1500, [120, 0, null, -1000]]]}
 *
 * A ceiling is [power of two that the limit reaches, peers, amount]; an account [hash, last month, limit, highest amount,
 * months], a month that reached its limit being negative. "most_kept" is there where fewer than 100,000 were asked for. A compact
 * one says how many accounts it kept ("n_kept") instead of which. Without a population it is fitted to the accounts.
 */
static const char *const json_keys[] = {
	"version", "distribution", "most_kept", "compact", "n_kept", "n_accounts", "n_out_of_scope", "n_without", "n_months",
	"population", "seen", "ceilings", "accounts", NULL
};
static const char *const population_keys[] = {
	"distribution", "level_mean", "level_sd", "spread_mean", "spread_sd", "carry", "start", "stops", "stays", "n",
	"iterations", "converged", "log_scores", NULL
};

static void
put_number(StringInfo out, double value)
{
	if (isnan(value))
		appendStringInfoString(out, "null");
	else
		cl_json_put_float8(out, value);
}

static void
put_key(StringInfo out, const char *key, double value)
{
	appendStringInfo(out, "\"%s\": ", key);
	cl_json_put_float8(out, value);
	appendStringInfoString(out, ", ");
}

static void
put_beta(StringInfo out, const char *key, const ClDemandBeta *beta)
{
	appendStringInfo(out, "\"%s\": [", key);
	cl_json_put_float8(out, beta->a);
	appendStringInfoString(out, ", ");
	cl_json_put_float8(out, beta->b);
	appendStringInfoString(out, "], ");
}

/* The shortest digits that give the same float4. */
static void
put_float4(StringInfo out, float value)
{
	if (isnan(value))
		appendStringInfoString(out, "null");
	else
		appendStringInfoString(out, DatumGetCString(DirectFunctionCall1(float4out, Float4GetDatum(value))));
}

static void
print_population(StringInfo out, const ClDemandPopulationFit *fit)
{
	const ClDemandPopulation *population = &fit->population;

	appendStringInfo(out, "\"population\": {\"distribution\": \"%s\", ", cl_demand_distribution_names[population->distribution]);
	put_key(out, "level_mean", population->level_mean);
	put_key(out, "level_sd", population->level_sd);
	put_key(out, "spread_mean", population->spread_mean);
	put_key(out, "spread_sd", population->spread_sd);
	put_key(out, "carry", population->carry);
	put_key(out, "start", population->start);
	put_beta(out, "stops", &population->stops);
	put_beta(out, "stays", &population->stays);
	appendStringInfo(out, "\"n\": %d, \"iterations\": %d, \"converged\": %s, \"log_scores\": [", fit->n, fit->iterations,
					 fit->converged ? "true" : "false");
	for (int i = 0; i < CL_DEMAND_TRIED; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		put_number(out, fit->log_score[i]);
	}
	appendStringInfoString(out, "]}");
}

static void
print_account(StringInfo out, const ClDemandAccount *account)
{
	appendStringInfo(out, "[\"%016llx\", \"%s\", ", (unsigned long long) account->hash, cl_month_string(account->last));
	put_float4(out, account->limit);
	appendStringInfoString(out, ", ");
	put_float4(out, account->highest);
	appendStringInfoString(out, ", [");
	for (int i = 0; i < account->n; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		put_float4(out, account->months[i]);
	}
	appendStringInfoString(out, "]]");
}

void
cl_demand_prior_print(StringInfo out, const void *state)
{
	ClDemandPrior *prior = unconstify(ClDemandPrior *, (const ClDemandPrior *) state);
	const ClDemandPriorHead *head = &prior->head;

	cl_demand_prior_settle(prior);
	appendStringInfo(out, "{\"version\": 1, ");
	if (head->options.distribution >= 0)
		appendStringInfo(out, "\"distribution\": \"%s\", ", cl_demand_distribution_names[head->options.distribution]);
	if (head->options.most < CL_DEMAND_SAMPLE)
		appendStringInfo(out, "\"most_kept\": %d, ", head->options.most);
	if (head->compact)
		appendStringInfo(out, "\"compact\": true, \"n_kept\": %d, ", head->n_kept);
	appendStringInfo(out, "\"n_accounts\": " INT64_FORMAT ", \"n_out_of_scope\": " INT64_FORMAT ", \"n_without\": " INT64_FORMAT
					 ", \"n_months\": " INT64_FORMAT ", ", head->n_accounts, head->n_out_of_scope, head->n_without,
					 head->n_months);
	print_population(out, &head->fit);
	appendStringInfoString(out, ", \"seen\": ");
	cl_json_put_float8(out, head->seen);
	appendStringInfoString(out, ", \"ceilings\": [");
	for (int i = 0; i < head->n_ceilings; i++)
	{
		appendStringInfo(out, "%s[%d, %d, ", i > 0 ? ", " : "", head->ceiling[i].class, head->ceiling[i].n);
		cl_json_put_float8(out, head->ceiling[i].ceiling);
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
	if (!head->compact)
	{
		appendStringInfoString(out, ", \"accounts\": [");
		for (int i = 0; i < prior->sample.n; i++)
		{
			appendStringInfoString(out, i > 0 ? ", " : "");
			print_account(out, prior->sample.account[i]);
			CHECK_FOR_INTERRUPTS();
		}
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, '}');
}

static double
parse_number(const ClJson *document, const char *key, double lowest, double highest)
{
	ClJson		node;

	cl_json_require(document, key, &node);
	return cl_json_float8(&node, lowest, highest);
}

static int64
parse_count(const ClJson *document, const char *key)
{
	ClJson		node;

	cl_json_require(document, key, &node);
	return cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
}

static ClDemandBeta
parse_beta(const ClJson *document, const char *key)
{
	ClDemandBeta beta;
	ClJson		node;
	ClJson		item;

	cl_json_require(document, key, &node);
	(void) cl_json_array(&node, 2, 2);
	cl_json_item(&node, 0, &item);
	beta.a = cl_json_float8(&item, 0, 1e9);
	cl_json_item(&node, 1, &item);
	beta.b = cl_json_float8(&item, 0, 1e9);
	return beta;
}

static void
parse_population(const ClJson *node, ClDemandPopulationFit *fit)
{
	ClDemandPopulation *population = &fit->population;
	ClJson		child;
	ClJson		item;

	cl_json_object(node, population_keys);
	cl_json_require(node, "distribution", &child);
	population->distribution = cl_json_choice(&child, cl_demand_distribution_names);
	population->level_mean = parse_number(node, "level_mean", -1000, 1000);
	population->level_sd = parse_number(node, "level_sd", 0, 1000);
	population->spread_mean = parse_number(node, "spread_mean", -1000, 1000);
	population->spread_sd = parse_number(node, "spread_sd", 0, 1000);
	population->carry = parse_number(node, "carry", 0, 1);
	population->start = parse_number(node, "start", 0, 1);
	population->stops = parse_beta(node, "stops");
	population->stays = parse_beta(node, "stays");
	fit->n = (int) Min(parse_count(node, "n"), PG_INT32_MAX);
	fit->iterations = (int) Min(parse_count(node, "iterations"), PG_INT32_MAX);
	cl_json_require(node, "converged", &child);
	fit->converged = cl_json_bool(&child);
	cl_json_require(node, "log_scores", &child);
	(void) cl_json_array(&child, CL_DEMAND_TRIED, CL_DEMAND_TRIED);
	for (int i = 0; i < CL_DEMAND_TRIED; i++)
	{
		cl_json_item(&child, i, &item);
		fit->log_score[i] = item.value.type == jbvNull ? get_float8_nan() : cl_json_float8(&item, -1e300, 1e300);
	}
}

static void
parse_ceilings(const ClJson *node, ClDemandPriorHead *head)
{
	head->n_ceilings = cl_json_array(node, 0, CL_DEMAND_CLASSES + 1);
	for (int i = 0; i < head->n_ceilings; i++)
	{
		ClJson		item;
		ClJson		part;

		cl_json_item(node, i, &item);
		(void) cl_json_array(&item, 3, 3);
		cl_json_item(&item, 0, &part);
		head->ceiling[i].class = cl_json_int(&part, CL_DEMAND_LOWEST_CLASS, CL_DEMAND_HIGHEST_CLASS + 1);
		cl_json_item(&item, 1, &part);
		head->ceiling[i].n = cl_json_int(&part, 1, PG_INT32_MAX);
		cl_json_item(&item, 2, &part);
		head->ceiling[i].ceiling = cl_json_float8(&part, 0, FLT_MAX);
	}
}

/* The largest float4 is written with fewer digits, which are a little more than it is. */
#define FLOAT4_MOST 3.4028235e38

static float
parse_float4(const ClJson *node, double lowest)
{
	return (float) cl_json_float8(node, lowest, FLOAT4_MOST);
}

static bool
is_null(const ClJson *node)
{
	return node->value.type == jbvNull;
}

static void
parse_account(const ClJson *node, ClDemandPrior *prior)
{
	ClDemandAccountRoom room;
	ClDemandAccount *account = &room.account;
	ClJson		part;
	ClJson		item;
	char	   *digits;
	const char *wrong;

	(void) cl_json_array(node, 5, 5);
	cl_json_item(node, 0, &part);
	digits = cl_json_string(&part);
	if (strlen(digits) != 16 || strspn(digits, "0123456789abcdef") != 16)
		cl_json_error(&part, "16 digits of a hash");
	account->hash = strtou64(digits, NULL, 16);
	cl_json_item(node, 1, &part);
	account->last = cl_month_parse(&part);
	cl_json_item(node, 2, &part);
	account->limit = parse_float4(&part, 0);
	cl_json_item(node, 3, &part);
	account->highest = parse_float4(&part, 0);
	cl_json_item(node, 4, &part);
	account->n = cl_json_array(&part, 0, CL_DEMAND_MONTHS);
	for (int i = 0; i < account->n; i++)
	{
		cl_json_item(&part, i, &item);
		account->months[i] = is_null(&item) ? get_float4_nan() : parse_float4(&item, -FLOAT4_MOST);
	}
	wrong = cl_demand_account_disorder(account);
	if (wrong != NULL)
		cl_json_error_hint(node, "an account", psprintf("The %s.", wrong));
	cl_demand_sample_add(&prior->sample, account);
}

static void
parse_accounts(const ClJson *node, ClDemandPrior *prior)
{
	int			n = cl_json_array(node, 0, CL_DEMAND_SAMPLE);
	ClJson		item;

	for (int i = 0; i < n; i++)
	{
		cl_json_item(node, i, &item);
		parse_account(&item, prior);
		CHECK_FOR_INTERRUPTS();
	}
	if (!cl_demand_sample_sort(&prior->sample))
		cl_json_error(node, "without an account that comes twice");
}

void *
cl_demand_prior_parse(const ClJson *document)
{
	ClDemandPrior *prior = cl_demand_prior_create();
	ClDemandPriorHead *head = &prior->head;
	ClDemandSample *sample = &prior->sample;
	ClJson		node;
	const char *wrong;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, 1, 1);
	if (cl_json_get(document, "distribution", &node))
		head->options.distribution = cl_json_choice(&node, cl_demand_distribution_names);
	if (cl_json_get(document, "most_kept", &node))
		cl_demand_prior_set_options(prior, (ClDemandPriorOptions) {
			head->options.distribution, cl_json_int(&node, CL_DEMAND_PEERS, CL_DEMAND_SAMPLE)
		});
	head->compact = cl_json_get(document, "compact", &node) && cl_json_bool(&node);
	if (head->compact)
		head->n_kept = (int) Min(parse_count(document, "n_kept"), CL_DEMAND_SAMPLE);
	else
	{
		cl_json_require(document, "accounts", &node);
		parse_accounts(&node, prior);
		head->n_kept = sample->n;
	}
	sample->n_accounts = head->n_accounts = parse_count(document, "n_accounts");
	sample->n_out_of_scope = head->n_out_of_scope = parse_count(document, "n_out_of_scope");
	sample->n_without = head->n_without = parse_count(document, "n_without");
	sample->n_months = head->n_months = parse_count(document, "n_months");
	head->fitted = cl_json_get(document, "population", &node);
	if (head->fitted)
	{
		parse_population(&node, &head->fit);
		cl_json_require(document, "seen", &node);
		head->seen = cl_json_float8(&node, 0, FLT_MAX);
		cl_json_require(document, "ceilings", &node);
		parse_ceilings(&node, head);
	}
	wrong = cl_demand_prior_disorder(head);
	if (wrong != NULL)
		cl_json_error_hint(document, "in order", psprintf("The %s.", wrong));
	return prior;
}
