import { type ListNotices, type ReplayNotice, requests } from '@sentinel-forge/contracts';
import { MeshClient } from '../mesh/mesh-client.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

const app = 'notification-dispatcher';

/** One notice on its way to one recipient, as far as it is shown. */
export interface ShownNotice {
  /** The idempotency id; empty where it goes to nobody. */
  readonly id: string;
  readonly title: string;
  readonly channel?: string;
  readonly recipient?: string;
  /** `pending`, `sending`, `held`, `delivered`, `failed`, `untold`. */
  readonly state: string;
  readonly attempts: number;
  readonly reason: string;
  readonly digestId?: string;
  readonly acceptedAt: string;
}

/** A page of them. */
export interface NoticePage {
  readonly notices: readonly ShownNotice[];
  readonly next?: string;
}

/** Prints notices and what became of them. */
export async function listNotices(query: ListNotices, options: { readonly json?: boolean }): Promise<void> {
  await using client = await MeshClient.connect();
  const page = await client.ask<NoticePage, ListNotices>(requests.listNotices, app, query);
  await printAnswer(page, options, () => describeNotices(page));
}

/** Has a notice sent again. */
export async function replayNotice(id: string, options: { readonly json?: boolean }): Promise<void> {
  await using client = await MeshClient.connect();
  const answer = await client.ask<object, ReplayNotice>(requests.replayNotice, app, { id });
  await printAnswer(
    answer,
    options,
    () => `${safeText(id)} is on its way again; forge notices list shows what becomes of it.`,
  );
}

const styles: Readonly<Record<string, Parameters<typeof paint>[0]>> = {
  delivered: 'green',
  failed: 'red',
  pending: 'yellow',
  sending: 'yellow',
  held: 'cyan',
  untold: 'dim',
};

/** Notices as a table, newest first. */
export function describeNotices({ notices, next }: NoticePage): string {
  if (notices.length === 0) {
    return 'No notices.';
  }
  const rows = notices.map(({ acceptedAt, state, channel, recipient, title, attempts, reason, id, digestId }) => [
    paint('dim', acceptedAt),
    paint(styles[state] ?? 'white', safeText(state)),
    channel === undefined ? '' : safeText(recipient === undefined ? channel : `${channel} ${recipient}`),
    safeText(title),
    paint(
      'dim',
      [attempts > 1 ? `${attempts} tries` : '', safeText(reason), digestId === undefined ? '' : `in ${digestId}`, id]
        .filter((part) => part !== '')
        .join('; '),
    ),
  ]);
  return `${columns(rows)}${next === undefined ? '' : '\nThere are more: raise --limit.'}`;
}
