// Control characters, line and paragraph separators, invisible format characters (bidi controls, tags, byte order mark) and
// halves of surrogate pairs. The joiners U+200C and U+200D stay: scripts and emoji need them, and they move nothing.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

/**
 * Any text as one harmless line: it cannot begin a second one, move the cursor, colour what follows or turn its direction
 * (Trojan Source, CVE-2021-42574). What could is written as `\u{1b}`.
 */
export function safeText(text: string): string {
  return text.replaceAll(unsafe, escapeText);
}

/** JSON on one line that is as harmless, and still the same JSON. */
export function safeJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(unsafe, escapeJson);
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeText(char: string): string {
  return named[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

// Outside of strings JSON.stringify writes none of these, so each stands in a string, where an escape means the same.
function escapeJson(char: string): string {
  return Array.from(
    { length: char.length },
    (_, index) => `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
