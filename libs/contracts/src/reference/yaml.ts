/**
 * Plain data as YAML 1.2, in blocks. Every text is quoted as JSON quotes it, which YAML reads alike, so that no word is
 * ever taken for a number, a date or a no.
 */
export function toYaml(value: unknown): string {
  return `${block(value, '').trimStart()}\n`;
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}-${block(item, `${indent}  `)}`).join('');
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    const entries = Object.entries(value);
    return entries.map(([key, item]) => `\n${indent}${keyOf(key)}:${block(item, `${indent}  `)}`).join('');
  }
  return ` ${JSON.stringify(value)}`;
}

function keyOf(key: string): string {
  const isPlain = /^[A-Za-z_$][\w.-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key);
  return isPlain ? key : JSON.stringify(key);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
