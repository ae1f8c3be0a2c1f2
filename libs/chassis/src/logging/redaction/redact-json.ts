import { type Redaction, redactionMarker, type TextRedactor } from './redact-text.js';
import type { SensitiveKeys } from './sensitive-keys.js';

/**
 * Hides the secrets in JSON *text*, which must be valid. It works on the text, not on what that parses to, so that
 * everything that is no secret keeps its bytes: big numbers, the order of keys, duplicate keys, white space. There is no
 * recursion: depth costs nothing. JSON with more than {@link mostHidden} secrets is an attack, or a dump that nobody should
 * log: it is hidden whole.
 */
export function redactJsonText(json: string, keys: SensitiveKeys, redactText: TextRedactor): Redaction<string> {
  let value = '';
  let copied = 0;
  let hidden = 0;
  const replace = (start: number, end: number, by: string, count: number): void => {
    value += json.slice(copied, start) + JSON.stringify(by);
    copied = end;
    hidden += count;
  };

  for (let start = json.indexOf('"'); start !== -1; ) {
    if (hidden > mostHidden) {
      return { value: markerJson, hidden };
    }
    const end = endOfString(json, start);
    const text = stringAt(json, start, end);
    const redacted = redactText(text);
    if (redacted.hidden > 0) {
      replace(start, end, redacted.value, redacted.hidden);
    }
    const next = skipSpace(json, end);
    // Only a key is followed by a colon.
    const sensitivity = json[next] === ':' ? keys.sensitivityOf(text) : 'none';
    if (sensitivity === 'none') {
      start = json.indexOf('"', next);
    } else {
      const from = skipSpace(json, next + 1);
      const to = endOfValue(json, from);
      if (isSecret(json.slice(from, to), sensitivity === 'count')) {
        replace(from, to, redactionMarker, 1);
      }
      start = json.indexOf('"', to);
    }
  }
  return { value: value + json.slice(copied), hidden };
}

const mostHidden = 5000;
const markerJson = JSON.stringify(redactionMarker);

// What says that there is no secret is worth reading, and what is hidden already is not hidden again.
function isSecret(valueJson: string, isCount: boolean): boolean {
  if (isCount && /^[-\d]/.test(valueJson)) {
    return false;
  }
  return !['null', 'true', 'false', '""', markerJson].includes(valueJson);
}

function stringAt(json: string, start: number, end: number): string {
  const raw = json.slice(start + 1, end - 1);
  return raw.includes('\\') ? String(JSON.parse(json.slice(start, end))) : raw;
}

// A quote is escaped when an odd number of backslashes stands before it.
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (json[quote - slashes - 1] === '\\') {
      slashes += 1;
    }
    if (slashes % 2 === 0) {
      return quote + 1;
    }
  }
  return json.length;
}

const notSpace = /[^ \t\n\r]|$/g;

function skipSpace(json: string, from: number): number {
  notSpace.lastIndex = from;
  return notSpace.exec(json)?.index ?? json.length;
}

const endOfLiteral = /[\s,\]}]|$/g;
const structure = /["{}[\]]/g;

function endOfValue(json: string, start: number): number {
  const first = json[start];
  if (first === '"') {
    return endOfString(json, start);
  }
  if (first !== '{' && first !== '[') {
    endOfLiteral.lastIndex = start;
    return endOfLiteral.exec(json)?.index ?? json.length;
  }
  let depth = 0;
  structure.lastIndex = start;
  for (let match = structure.exec(json); match !== null; match = structure.exec(json)) {
    const [mark] = match;
    if (mark === '"') {
      structure.lastIndex = endOfString(json, match.index);
    } else {
      depth += mark === '{' || mark === '[' ? 1 : -1;
    }
    if (depth === 0) {
      return structure.lastIndex;
    }
  }
  return json.length;
}
