import { isUnderFilter, streamNames, streams } from '@sentinel-forge/contracts';

const roots = streamNames.flatMap((name) => streams[name].subjects.map((subject) => subject.split('.')[0] ?? ''));

/** What is followed when nothing is named: every event, but not what the services log. */
export const defaultFilters: readonly string[] = roots.filter((root) => root !== 'log').map((root) => `${root}.>`);

/**
 * The filters that a person means. A wildcard in the first place stands for every stream's subjects: nobody may subscribe to
 * more than those.
 */
export function subjectFilters(given: readonly string[]): readonly string[] {
  return [...new Set(given.length === 0 ? defaultFilters : given.flatMap(withoutLeadingWildcard))];
}

/** The stream that all of the filters read, if it is one. */
export function streamOf(filters: readonly string[]): string | undefined {
  const first = (filter: string): string => filter.split('.')[0] ?? '';
  const names = streamNames.filter((name) =>
    filters.some((filter) => streams[name].subjects.some((subject) => isUnderFilter(`${first(filter)}.x`, subject))),
  );
  return names.length === 1 ? names[0] : undefined;
}

function withoutLeadingWildcard(filter: string): readonly string[] {
  if (filter === '>') {
    return roots.map((root) => `${root}.>`);
  }
  return filter.startsWith('*.') ? roots.map((root) => `${root}${filter.slice(1)}`) : [filter];
}
