import { redactJsonText } from './redaction/redact-json.js';
import { compileTextRedactor, type Redaction, type TextRedactor } from './redaction/redact-text.js';
import { redactValue } from './redaction/redact-value.js';
import { compileSensitiveKeys } from './redaction/sensitive-keys.js';

export { type Redaction, redactionMarker } from './redaction/redact-text.js';
export { defaultRedactKeys } from './redaction/sensitive-keys.js';

/**
 * Hides secrets: what stands under a sensitive name (see {@link defaultRedactKeys} for which names those are), whole and
 * whatever it is, at any depth; and what is a secret by its look (tokens of known issuers, JWTs, PEM blocks that are not
 * public, the user part of URLs, `Bearer …`), in any text. `null`, booleans and the empty text say that there is no secret
 * and stay. Pure, idempotent, and linear in the size of what it is given.
 *
 * It is the last line, not the first: a secret without a name or a known look passes, and so does one that is encoded
 * (base64, percent). What must stay secret must not be said.
 */
export abstract class Redactor {
  /** A copy of any value, fit for JSON; see `redactValue()` for what becomes of what JSON cannot say. */
  abstract value(value: unknown): Redaction<unknown>;
  /** JSON text, or the UTF-8 bytes of it. What is no secret keeps its bytes; what is not JSON is taken as running text. */
  abstract json(json: string | Uint8Array): Redaction<string>;
  /** Running text: a message, the value of a field. JSON inside it is understood. */
  abstract text(text: string): Redaction<string>;
}

/** Makes a {@link Redactor}. `keys` (`REDACT_KEYS`) add to the default names. Costs a millisecond: make one and keep it. */
export function createRedactor(options: { readonly keys?: readonly string[] } = {}): Redactor {
  const keys = compileSensitiveKeys(options.keys);
  const running = compileTextRedactor(keys);
  // In JSON anything may be spelled as a Unicode escape: where there is one, only reading it will tell.
  const mayHideJson = (json: string): boolean => running.mayHide(json) || json.includes('\\u');
  const text: TextRedactor = (given) => {
    const isObject = /^\s*[{[]/.test(given) && mayHideJson(given) && isJson(given);
    return isObject ? redactJsonText(given, keys, text) : running.redact(given);
  };
  const json = (given: string): Redaction<string> => {
    if (!mayHideJson(given)) {
      return { value: given, hidden: 0 };
    }
    return isJson(given) ? redactJsonText(given, keys, text) : running.redact(given);
  };
  return {
    value: (value) => redactValue(value, keys, text),
    json: (given) => json(typeof given === 'string' ? given : decoder.decode(given)),
    text,
  };
}

const decoder = new TextDecoder();

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
