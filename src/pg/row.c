/*
 * row.c
 *	  Finding the columns of a row.
 */
#include "postgres.h"

#include "pg/row.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* A reader of rows in the current context; columns stay the caller's and must live as long. */
ClRow *
cl_row_create(const char *reader, ClColumn *columns, int ncolumns)
{
	ClRow	   *row = palloc0_object(ClRow);

	row->reader = reader;
	row->columns = columns;
	row->ncolumns = ncolumns;
	row->context = CurrentMemoryContext;
	return row;
}

/* The names of its columns, of type text[]. */
Datum
cl_row_names(const ClRow *row)
{
	ArrayBuildState *names = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	for (int i = 0; i < row->ncolumns; i++)
		(void) accumArrayResult(names, CStringGetTextDatum(row->columns[i].name), false, TEXTOID, CurrentMemoryContext);
	return makeArrayResult(names, CurrentMemoryContext);
}

static ClColumnKind
column_kind(Oid type)
{
	switch (type)
	{
		case INT2OID:
			return CL_COLUMN_INT2;
		case INT4OID:
			return CL_COLUMN_INT4;
		case INT8OID:
			return CL_COLUMN_INT8;
		case FLOAT4OID:
			return CL_COLUMN_FLOAT4;
		case FLOAT8OID:
			return CL_COLUMN_FLOAT8;
		case NUMERICOID:
			return CL_COLUMN_NUMERIC;
		case BOOLOID:
			return CL_COLUMN_BOOL;
		case TEXTOID:
		case VARCHAROID:
			return CL_COLUMN_TEXT;
		case BPCHAROID:
			return CL_COLUMN_BPCHAR;
		case NAMEOID:
			return CL_COLUMN_NAME;
		case DATEOID:
			return CL_COLUMN_DATE;
		default:
			return type_is_enum(type) ? CL_COLUMN_ENUM : CL_COLUMN_ABSENT;
	}
}

bool
cl_is_own_type(Oid type, const char *name)
{
	Oid			schema = get_namespace_oid("credit_limit", true);

	return OidIsValid(schema) &&
		type == GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(schema));
}

void
cl_own_function(const char *name, int nargs, const Oid *types, MemoryContext context, FmgrInfo *function)
{
	Oid			schema = get_namespace_oid("credit_limit", false);
	Oid			oid = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
									  PointerGetDatum(buildoidvector(types, nargs)), ObjectIdGetDatum(schema));

	if (!OidIsValid(oid))
		elog(ERROR, "function %s is missing", name);
	fmgr_info_cxt(oid, function, context);
}

static const char *
accepted_types(int accept)
{
	StringInfoData list;

	initStringInfo(&list);
	if (accept & CL_ACCEPT_NUMBER)
		appendStringInfoString(&list, "a number (integer, numeric, double precision)");
	if (accept & CL_ACCEPT_TEXT)
		appendStringInfo(&list, "%stext", list.len > 0 ? ", " : "");
	if (accept & CL_ACCEPT_BOOL)
		appendStringInfo(&list, "%sboolean", list.len > 0 ? ", " : "");
	if (accept & CL_ACCEPT_DATE)
		appendStringInfo(&list, "%sdate", list.len > 0 ? ", " : "");
	return list.data;
}

void
cl_column_wrong_type(const ClRow *row, const ClColumn *column, const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" has the wrong type for %s", column->name, row->reader),
			 errdetail("It is of type %s; wanted is %s.", format_type_be(column->type), wanted),
			 errhint("Cast it in a sub-select, or change the document.")));
}

static void
missing_column(const ClRow *row, const ClColumn *column, TupleDesc desc)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", NameStr(TupleDescAttr(desc, i)->attname));
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" is missing from the row, and %s needs it", column->name, row->reader),
			 errdetail("The row has: %s.", names.data),
			 errhint("Give the column that name in a sub-select.")));
}

static void
forget_labels(ClColumn *column)
{
	for (int i = 0; i < column->nlabels; i++)
		pfree(column->labels[i].label);
	if (column->labels != NULL)
		pfree(column->labels);
	column->labels = NULL;
	column->nlabels = 0;
}

static void
bind_column(const ClRow *row, ClColumn *column, TupleDesc desc)
{
	forget_labels(column);
	column->kind = CL_COLUMN_ABSENT;
	column->attnum = 0;
	for (int i = 0; i < desc->natts; i++)
	{
		const FormData_pg_attribute *attribute = TupleDescAttr(desc, i);

		if (!cl_is_called(attribute, column->name))
			continue;
		if (column->attnum != 0)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("column \"%s\" is in the row more than once, and %s needs it", column->name, row->reader),
					 errhint("Give one of them another name in a sub-select.")));
		column->attnum = i + 1;
		column->type = attribute->atttypid;
	}
	if (column->attnum == 0)
	{
		if (!column->optional && (column->alternative == NULL || column->alternative->kind == CL_COLUMN_ABSENT))
			missing_column(row, column, desc);
		return;
	}
	if (column->own_type != NULL)
	{
		if (cl_is_own_type(getBaseType(column->type), column->own_type))
			column->kind = CL_COLUMN_OWN;
		else if (!column->optional)
			cl_column_wrong_type(row, column, column->own_type);
		return;
	}
	column->kind = column_kind(getBaseType(column->type));
	if (column->kind == CL_COLUMN_ABSENT || (column->accept & CL_ACCEPT(column->kind)) == 0)
		cl_column_wrong_type(row, column, accepted_types(column->accept));
}

/* What was found out about rows of another type. */
static void
forget_type(ClRow *row)
{
	if (row->desc == NULL)
		return;
	FreeTupleDesc(row->desc);
	pfree(row->values);
	pfree(row->isnull);
	row->desc = NULL;
}

/*
 * Finds the columns in rows of a type. On an error the reader stays unbound.
 *
 * The descriptor is the whole one: a shorter one would save taking the last columns apart, but minor releases of 2026
 * refuse to read a row by a descriptor that has fewer columns.
 */
void
cl_row_bind(ClRow *row, Oid type, int32 typmod)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(type, typmod);
	MemoryContext old = MemoryContextSwitchTo(row->context);

	forget_type(row);
	for (int i = 0; i < row->ncolumns; i++)
		bind_column(row, &row->columns[i], desc);
	row->values = palloc_array(Datum, desc->natts + 1);
	row->isnull = palloc_array(bool, desc->natts + 1);
	row->type = type;
	row->typmod = typmod;
	row->identifier = assign_record_type_identifier(type, typmod);
	row->desc = CreateTupleDescCopyConstr(desc);
	MemoryContextSwitchTo(old);
	ReleaseTupleDesc(desc);
}

static void
wrong_arguments(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("arguments do not match the names of the columns"),
			 errdetail("%s", detail),
			 errhint("Only the planner calls this function; give the row itself to the function without _columns.")));
}

/*
 * As above, for a row whose columns are arguments from number first on, of which the one before is the names. A user may call
 * such a function directly, and then with other names in each row, or with the columns in one array.
 */
void
cl_row_bind_arguments(ClRow *row, FunctionCallInfo fcinfo, int first)
{
	Datum	   *name;
	bool	   *isnull;
	int			n;
	TupleDesc	desc;

	if (!get_fn_expr_arg_stable(fcinfo->flinfo, first - 1) || get_fn_expr_variadic(fcinfo->flinfo))
		wrong_arguments("The names are not a constant, or the columns are an array.");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(first - 1), TEXTOID, -1, false, TYPALIGN_INT, &name, &isnull, &n);
	if (PG_NARGS() != first + n)
		wrong_arguments(psprintf("There are %d names and %d columns.", n, PG_NARGS() - first));
	desc = CreateTemplateTupleDesc(n);
	for (int i = 0; i < n; i++)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, first + i);

		if (isnull[i] || !OidIsValid(type))
			wrong_arguments(psprintf("Name %d is NULL, or its type is not known.", i + 1));
		TupleDescInitEntry(desc, i + 1, TextDatumGetCString(name[i]), type, -1, 0);
	}
	TupleDescFinalize(desc);
	assign_record_type_typmod(desc);
	cl_row_bind(row, RECORDOID, desc->tdtypmod);
}

/* Labels of an enum are looked up when they first turn up: its values are few, its rows are many. */
static const char *
enum_label(ClRow *row, ClColumn *column, Oid oid)
{
	MemoryContext old;

	for (int i = 0; i < column->nlabels; i++)
	{
		if (column->labels[i].oid == oid)
			return column->labels[i].label;
	}
	old = MemoryContextSwitchTo(row->context);
	if (column->labels == NULL)
		column->labels = palloc_object(ClEnumLabel);
	else
		column->labels = repalloc(column->labels, (column->nlabels + 1) * sizeof(ClEnumLabel));
	column->labels[column->nlabels].oid = oid;
	column->labels[column->nlabels].label = DatumGetCString(DirectFunctionCall1(enum_out, ObjectIdGetDatum(oid)));
	MemoryContextSwitchTo(old);
	return column->labels[column->nlabels++].label;
}

const char *
cl_column_text_slow(ClRow *row, ClColumn *column, Datum value, int *length)
{
	const char *text;

	switch (column->kind)
	{
		case CL_COLUMN_BPCHAR:
			{
				struct varlena *padded = PG_DETOAST_DATUM_PACKED(value);

				text = VARDATA_ANY(padded);
				*length = bpchartruelen(VARDATA_ANY(padded), VARSIZE_ANY_EXHDR(padded));
				return text;
			}
		case CL_COLUMN_NAME:
			text = NameStr(*DatumGetName(value));
			break;
		case CL_COLUMN_ENUM:
			text = enum_label(row, column, DatumGetObjectId(value));
			break;
		default:
			elog(ERROR, "column \"%s\" is not text", column->name);
	}
	*length = strlen(text);
	return text;
}
