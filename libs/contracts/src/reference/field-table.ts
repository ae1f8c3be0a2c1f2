import { limits } from '../limits.js';
import type { Class } from '../validation/decorators.js';
import { isClosed } from '../validation/decorators.js';
import { type JsonSchema, jsonSchemaOf } from '../validation/json-schema.js';
import { markdownCode, markdownTable } from './markdown.js';

/** Every field of a contract class, nested ones as `target.container` and `contributions[].points`. */
export function fieldTable(type: Class): string {
  const rows = fieldRows(jsonSchemaOf(type), '');
  if (rows.length === 0) {
    return 'It takes no fields.';
  }
  const fields = markdownTable(['field', 'type', 'limits', 'what it says'], rows);
  return isClosed(type) ? `${fields}\n\nOther fields are refused.` : fields;
}

function fieldRows({ properties = {}, required = [] }: JsonSchema, prefix: string): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const mark = required.includes(name) ? ' **required**' : '';
    const own = [`${markdownCode(path)}${mark}`, typeOf(field), limitsOf(field), field.description ?? ''];
    return [own, ...fieldRows(field, `${path}.`), ...fieldRows(field.items ?? {}, `${path}[].`)];
  });
}

function typeOf({ type = '', format, items, enum: words }: JsonSchema): string {
  if (format === 'instant') {
    return 'time';
  }
  if (words !== undefined) {
    return 'string';
  }
  return items === undefined ? type : `${type} of ${items.type ?? 'any'}`;
}

function limitsOf(schema: JsonSchema): string {
  const {
    enum: words,
    minimum,
    maximum,
    minLength,
    maxLength,
    maxItems,
    pattern,
    format,
    forgeBounded,
    items,
  } = schema;
  const said = [
    words === undefined ? '' : words.map((word) => markdownCode(String(word))).join(', '),
    minimum === undefined ? '' : `≥ ${minimum}`,
    maximum === undefined ? '' : `≤ ${maximum}`,
    lengthOf(minLength, maxLength),
    maxItems === undefined ? '' : `at most ${maxItems}`,
    pattern === undefined ? '' : markdownCode(pattern),
    format === 'instant' ? 'RFC 3339' : '',
    forgeBounded === true ? freeFormLimits : '',
    items === undefined || items.type === 'object' ? '' : `each: ${limitsOf(items)}`,
  ];
  return said.filter((part) => part !== '').join('; ');
}

const freeFormLimits = `at most ${limits.objectDepth} levels, ${limits.objectKeys} keys, ${limits.stringLength} characters a string`;

function lengthOf(least: number | undefined, most: number | undefined): string {
  if (most === undefined) {
    return '';
  }
  return `${least === undefined ? 'at most ' : `${least} to `}${most} characters`;
}
