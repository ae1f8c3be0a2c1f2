import { PatternError } from './syntax.js';
import { TextPattern } from './text-pattern.js';

/**
 * Any number of patterns of which one is enough, in as few automata as will hold them: a text is then read once and not once for
 * each. Throws {@link PatternError} for a pattern that is not understood, or too large by itself.
 */
export function patternList(sources: readonly string[], ignoreCase: boolean): (text: string) => boolean {
  const patterns = packed(sources, ignoreCase);
  const [only] = patterns;
  return patterns.length === 1 && only !== undefined
    ? (text) => only.test(text)
    : (text) => patterns.some((pattern) => pattern.test(text));
}

function packed(sources: readonly string[], ignoreCase: boolean): readonly TextPattern[] {
  try {
    return [new TextPattern(sources, ignoreCase)];
  } catch (error) {
    if (!(error instanceof PatternError) || sources.length < 2) {
      throw error;
    }
    const middle = sources.length >> 1;
    return [...packed(sources.slice(0, middle), ignoreCase), ...packed(sources.slice(middle), ignoreCase)];
  }
}
