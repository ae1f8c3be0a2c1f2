import { styleText } from 'node:util';
import type { Result } from './results.js';

type Style = Parameters<typeof styleText>[0];

/** The one table. Colour only where the stream is a terminal that wants it. */
export function printTable(results: readonly Result[], stream: NodeJS.WriteStream): void {
  const lines = results.map(cellsOf);
  const header = ['', 'value', 'lowest … highest', 'compared', 'goal', ''];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const paint = (style: Style, text: string): string => styleText(style, text, { stream });
  const write = (cells: readonly string[], style?: Style): void => {
    const text = cells
      .map((cell, column) =>
        column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
    stream.write(`${style === undefined ? text : paint(style, text)}\n`);
  };
  write(header, 'bold');
  let suite = '';
  for (const [index, result] of results.entries()) {
    if (result.suite !== suite) {
      suite = result.suite;
      stream.write(`${paint('bold', suite)}\n`);
    }
    write(lines[index] ?? [], result.goal === undefined ? undefined : result.goal.isReached ? 'green' : 'red');
  }
}

function cellsOf(result: Result): readonly string[] {
  const { what, unit, value, spread, share, goal, source } = result;
  const [lowest, highest] = spread;
  return [
    `  ${what}`,
    format(value, unit),
    lowest === highest ? '' : `${format(lowest, unit)} … ${format(highest, unit)}`,
    share === undefined ? (source ?? '') : `${percent(share.value)} of ${share.of}`,
    goal === undefined ? '' : goalText(result),
    goal === undefined ? '' : goal.isReached ? 'reached' : 'NOT REACHED',
  ];
}

function goalText({ goal, unit }: Result): string {
  if (goal === undefined) {
    return '';
  }
  return goal.kind === 'share-at-least'
    ? `≥ ${percent(goal.value)}`
    : `${goal.kind === 'at-least' ? '≥' : '≤'} ${format(goal.value, unit)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function format(value: number, unit: Result['unit']): string {
  const digits = unit === '/s' || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`;
}
