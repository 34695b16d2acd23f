/*
 * pretty.c
 *	  A document for people: the same JSON, in the same order of keys, an object or array on one line where it fits.
 */
#include "postgres.h"

#include "pg/document.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#define LINE 100

/* Behind the value that begins at text: a string, a number or word, or all up to the bracket that closes it. */
static const char *
end_of_value(const char *text)
{
	int			depth = 0;

	do
	{
		if (*text == '"')
		{
			for (text++; *text != '"'; text++)
				text += *text == '\\';
		}
		else if (*text == '{' || *text == '[')
			depth++;
		else if (*text == '}' || *text == ']')
			depth--;
		text++;
	} while (*text != '\0' && (depth > 0 || strchr(",:}]", *text) == NULL));
	return text;
}

static void
new_line(StringInfo out, int indent)
{
	appendStringInfoChar(out, '\n');
	appendStringInfoSpaces(out, indent);
}

/* The value, of which the line has so many characters before it. Gives what is behind it. */
static const char *
put_value(StringInfo out, const char *text, int indent, int before)
{
	const char *end = end_of_value(text);

	check_stack_depth();
	if ((*text != '{' && *text != '[') || end - text == 2 || before + (end - text) <= LINE)
	{
		appendBinaryStringInfo(out, text, end - text);
		return end;
	}
	appendStringInfoChar(out, *text++);
	while (true)
	{
		int			line = out->len + 1;

		new_line(out, indent + 2);
		if (*text == '"' && *end_of_value(text) == ':')
		{
			const char *value = end_of_value(text) + 2;

			appendBinaryStringInfo(out, text, value - text);
			text = value;
		}
		text = put_value(out, text, indent + 2, out->len - line);
		if (*text != ',')
			break;
		appendStringInfoChar(out, ',');
		text += 2;
	}
	new_line(out, indent);
	appendStringInfoChar(out, *text++);
	return text;
}

/* Of the canonical text, which has one space behind each comma and colon. */
Datum
cl_document_pretty(FunctionCallInfo fcinfo, const ClDocument *document)
{
	StringInfoData out;

	initStringInfo(&out);
	(void) put_value(&out, DatumGetCString(cl_document_out(fcinfo, document)), 0, 0);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
