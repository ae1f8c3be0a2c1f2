/**
 * Plain data as YAML 1.2, in blocks. Every text is quoted as JSON quotes it, which YAML reads alike, so that no word is
 * ever taken for a number, a date or a no.
 */
export function toYaml(value: unknown): string {
  return `${block(value, '').trimStart()}\n`;
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}-${inline(item, `${indent}  `)}`).join('');
  }
  const entries = isRecord(value) ? Object.entries(value).filter(([, item]) => item !== undefined) : [];
  if (entries.length > 0) {
    return entries.map(([key, item]) => `\n${indent}${keyOf(key)}:${inline(item, `${indent}  `)}`).join('');
  }
  return ` ${JSON.stringify(value)}`;
}

// The first line of a list item that is itself a mapping stands beside the dash.
function inline(value: unknown, indent: string): string {
  return block(value, indent);
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w.-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key) ? key : JSON.stringify(key);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
