import type { TelemetryEvent } from '../detection/field.js';
import type { AllowEntry, Rule } from '../detection/rule.js';
import type { InventoryContainer } from './inventory.port.js';

/**
 * The entry that makes an event one to be observed only, or undefined. An entry that names a rule excuses what that rule found
 * and nothing else: another rule that matched the same event needs an entry of its own.
 */
export function allowedBy(
  entries: readonly AllowEntry[],
  event: TelemetryEvent,
  matched: readonly Rule[],
  container: InventoryContainer | undefined,
  nowMs: number,
): AllowEntry | undefined {
  const fitting = entries.filter(
    (entry) => entry.untilMs > nowMs && fitsSource(entry, event) && fitsContainer(entry, event, container),
  );
  const unconditional = fitting.find((entry) => entry.rule === undefined);
  if (unconditional !== undefined) {
    return unconditional;
  }
  const accusing = matched.filter(
    (rule) => rule.score > 0 || rule.action !== undefined || rule.severityAtLeast !== undefined,
  );
  const excuses = accusing.map((rule) => fitting.find((entry) => entry.rule === rule.id));
  return excuses.every((entry) => entry !== undefined) ? excuses[0] : undefined;
}

function fitsSource(entry: AllowEntry, event: TelemetryEvent): boolean {
  return entry.source === undefined || entry.source === event.data.source;
}

function fitsContainer(entry: AllowEntry, event: TelemetryEvent, container: InventoryContainer | undefined): boolean {
  const { container: wanted } = entry;
  if (wanted === undefined) {
    return true;
  }
  const names = [event.data.target?.container, container?.name, container?.id, container?.service];
  return names.includes(wanted);
}
