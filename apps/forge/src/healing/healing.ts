import { type Nothing, type RearmContainer, requests } from '@sentinel-forge/contracts';
import { MeshClient } from '../mesh/mesh-client.js';
import { askSupervisors, askWhoKnows } from '../mesh/supervisors.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** What the healer of a host knows of a container, as far as it is shown. */
export interface HealedContainer {
  readonly host: string;
  readonly id: string;
  readonly name: string;
  /** `well`, `ailing`, `given-up`. */
  readonly condition: string;
  /** Whether somebody wants it to run. */
  readonly wish: string;
  /** Restarts in a row. */
  readonly attempts: number;
  readonly nextAttemptAt?: string;
  readonly lastReason?: string;
}

interface Listing {
  readonly containers: readonly Omit<HealedContainer, 'host'>[];
}

interface Options {
  readonly host: string | undefined;
  readonly json?: boolean;
}

/** Prints what the healers of every host know. */
export async function listHealing({ host, json }: Options): Promise<void> {
  await using client = await MeshClient.connect();
  const answers = await askSupervisors<Listing, Nothing>(client, requests.listHealing, {}, host);
  const containers = answers.flatMap(({ host: name, answer }) =>
    answer.containers.map((container) => ({ host: name, ...container })),
  );
  await printAnswer({ containers }, { json: json === true }, () => describeHealing(containers));
}

/** Has a container tried again that was given up. */
export async function rearm(container: string, { host, json }: Options): Promise<void> {
  await using client = await MeshClient.connect();
  const { answer } = await askWhoKnows<object, RearmContainer>(client, requests.rearmContainer, { container }, host);
  await printAnswer(answer, { json: json === true }, () => `${safeText(container)} is tried again when it needs it.`);
}

const styles: Readonly<Record<string, Parameters<typeof paint>[0]>> = {
  well: 'green',
  ailing: 'yellow',
  'given-up': 'red',
};

/** Containers as a table. */
export function describeHealing(containers: readonly HealedContainer[]): string {
  if (containers.length === 0) {
    return 'No container is healed.';
  }
  return columns(
    containers.map(({ host, id, name, condition, wish, attempts, nextAttemptAt, lastReason = '' }) => [
      paint('bold', safeText(name)),
      paint('dim', id.slice(0, 12)),
      safeText(host),
      paint(styles[condition] ?? 'white', safeText(condition)),
      `wanted: ${safeText(wish)}`,
      attempts === 0 ? '' : `${attempts} restarts in a row`,
      nextAttemptAt === undefined ? '' : `next at ${nextAttemptAt}`,
      safeText(lastReason),
    ]),
  );
}
