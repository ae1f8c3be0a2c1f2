import type { AppName } from '../apps.js';
import { consumers } from '../registry/consumers.js';
import type { EventDefinition } from '../registry/events.js';

/** The apps that have a consumer for an event. */
export function readersOf({ stream, pattern }: EventDefinition): readonly AppName[] {
  const reading = consumers.filter(
    (consumer) =>
      consumer.stream === stream &&
      (consumer.filters.length === 0 ||
        consumer.filters.some((filter) => isMeeting(filter.split('.'), pattern.wildcard.split('.')))),
  );
  return [...new Set(reading.map(({ app }) => app))];
}

/** Whether some subject is under both of two filters. */
function isMeeting([one, ...ones]: readonly string[], [other, ...others]: readonly string[]): boolean {
  if (one === undefined || other === undefined) {
    return one === other;
  }
  if (one === '>' || other === '>') {
    return true;
  }
  const isWild = (token: string): boolean => token === '*' || token.startsWith('{');
  return (one === other || isWild(one) || isWild(other)) && isMeeting(ones, others);
}
