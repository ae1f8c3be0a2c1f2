/** A text cut to a length, without half a character at its end. */
export function clip(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/**
 * A stranger's text, fit to stand in a line of a terminal, a mail or a log: no line breaks, no escape sequences, no
 * direction marks, no halves of characters.
 */
export function onOneLine(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}
