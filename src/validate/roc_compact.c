/*
 * roc_compact.c
 *	  compact: a roc of fewer scores, at a stated loss.
 */
#include "postgres.h"

#include "validate/roc_state.h"

PG_FUNCTION_INFO_V1(cl_roc_compact);

static ClRocLoss
read_options(Jsonb *jsonb)
{
	static const char *const keys[] = {"auc_loss", "ks_loss", NULL};
	ClRocLoss	most = {.auc = 1e-4, .ks = 1e-3};
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of compact", jsonb);
	cl_json_object(&root, keys);
	if (cl_json_get(&root, "auc_loss", &node))
		most.auc = cl_json_float8(&node, 0, 0.5);
	if (cl_json_get(&root, "ks_loss", &node))
		most.ks = cl_json_float8(&node, 0, 1);
	return most;
}

/* roc, options */
Datum
cl_roc_compact(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	ClRocLoss	most = read_options(PG_GETARG_JSONB_P(1));
	ClRoc	   *compact = roc_summary.create();

	roc_summary.merge(compact, roc);
	cl_roc_settle(compact);
	compact->cell = cl_roc_cells_choose(&compact->tally, compact->cell, &compact->n_cells, &most);
	compact->gathered = false;
	PG_RETURN_DATUM(cl_summary_datum(&roc_summary, compact));
}
