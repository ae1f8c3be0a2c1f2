import { stripVTControlCharacters, styleText } from 'node:util';

/** A stream that output goes to. */
export type Output = NodeJS.WriteStream;

type Style = Parameters<typeof styleText>[0];

/** Colours a text, where the output is a terminal that wants colour (NO_COLOR, FORCE_COLOR and TERM are honoured). */
export function paint(style: Style, text: string, stream: Output = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Rows as columns, each as wide as its widest cell. Colour takes no width. */
export function columns(rows: ReadonlyArray<readonly string[]>): string {
  const widthOf = (cell: string): number => stripVTControlCharacters(cell).length;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
