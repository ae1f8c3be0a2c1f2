import { type ForgeEvent, isUnderFilter } from '@sentinel-forge/contracts';
import type { Notice, Target } from '../notices/notice.js';
import type { Route, RoutingTable } from './route.js';

/** Who hears of an event. */
export interface Routing {
  /** The routes that matched, by name. */
  readonly routes: readonly string[];
  /** Where to, each target once. */
  readonly targets: readonly Target[];
}

/** Decides who hears of an event: every route that matches adds its targets. */
export type Router = (event: ForgeEvent, notice: Pick<Notice, 'severity'>) => Routing;

type Test = (event: ForgeEvent, severity: number) => boolean;

/** Makes the table into a function. It must have been checked: see {@link parseRoutes}. */
export function compileRoutes(table: RoutingTable): Router {
  const compiled = table.routes.map((route) => ({
    name: route.name,
    test: testOf(route),
    targets: targetsOf(route, table),
  }));
  return (event, { severity }) => {
    const matching = compiled.filter(({ test }) => test(event, severity));
    const targets = new Map<string, Target>();
    for (const target of matching.flatMap((route) => route.targets)) {
      targets.set(JSON.stringify([target.channel, target.to]), target);
    }
    return { routes: matching.map(({ name }) => name), targets: [...targets.values()] };
  };
}

/** The table for people: one line for each route. */
export function describeRoutes({ routes }: RoutingTable): readonly string[] {
  return routes.map(({ name, on, severity, where, channels, to }) => {
    const conditions = Object.entries(where).map(([field, patterns]) => `${field} is ${patterns.join(' or ')}`);
    const least = severity > 0 ? [`severity at least ${severity}`] : [];
    const when = [on.join(' or '), ...least, ...conditions].join(', ');
    return `${name}: ${when} → ${channels.join(', ')}${to.length === 0 ? '' : ` to ${to.join(', ')}`}`;
  });
}

function testOf({ on, severity, where }: Route): Test {
  const conditions = Object.entries(where).map(([field, patterns]) => {
    const globs = patterns.map(globOf);
    return (event: ForgeEvent): boolean => {
      const value = event.params[field] ?? valueAt(event.data, field.split('.'));
      return value !== undefined && globs.some((glob) => glob.test(String(value)));
    };
  });
  return (event, actual) =>
    actual >= severity &&
    on.some((filter) => isUnderFilter(event.subject, filter)) &&
    conditions.every((condition) => condition(event));
}

function targetsOf({ channels, to }: Route, { recipients }: RoutingTable): readonly Target[] {
  return channels.flatMap((channel): readonly Target[] =>
    to.length === 0
      ? [{ channel }]
      : to.flatMap((group) => (recipients[group]?.[channel] ?? []).map((address) => ({ channel, to: address }))),
  );
}

/** The value at a path. Keys may hold dots themselves, as the labels of Docker do: every way of cutting the path is tried. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  if (path.length === 0) {
    return typeof value === 'object' ? undefined : value;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  for (let length = 1; length <= path.length; length += 1) {
    const key = path.slice(0, length).join('.');
    const found = Object.hasOwn(value, key)
      ? valueAt((value as Record<string, unknown>)[key], path.slice(length))
      : undefined;
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
