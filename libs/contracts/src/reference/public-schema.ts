import { limits } from '../limits.js';
import type { Class } from '../validation/decorators.js';
import { type JsonSchema, jsonSchemaOf } from '../validation/json-schema.js';

/** JSON Schema for other people's tools: without the keywords that only our own validator knows. */
export interface PublicSchema
  extends Omit<JsonSchema, 'properties' | 'items' | 'additionalProperties' | 'forgeBounded'> {
  properties?: Record<string, PublicSchema>;
  items?: PublicSchema;
  additionalProperties?: boolean;
  maxProperties?: number;
}

/** The schema of a contract class, in standard keywords only. */
export function publicSchemaOf(type: Class): PublicSchema {
  return toPublic(jsonSchemaOf(type));
}

function toPublic({
  properties,
  items,
  additionalProperties,
  forgeBounded,
  format,
  ...rest
}: JsonSchema): PublicSchema {
  return {
    ...rest,
    ...(format === undefined ? {} : { format: format === 'instant' ? 'date-time' : format }),
    ...(forgeBounded === true ? { maxProperties: limits.objectKeys } : {}),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, toPublic(field)])) }),
    ...(items === undefined ? {} : { items: toPublic(items) }),
    // What is open is left unsaid: that is the default of JSON Schema.
    ...(additionalProperties === false ? { additionalProperties: false } : {}),
  };
}
