import {
  type ChooseMitigation,
  ForgeError,
  type ListMitigations,
  type MitigationState,
  mitigationStates,
  type PauseMitigations,
  type ReleaseMitigation,
  requests,
} from '@sentinel-forge/contracts';
import { MeshClient } from '../mesh/mesh-client.js';
import { askSupervisors, askWhoKnows } from '../mesh/supervisors.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import {
  describeMitigation,
  describeMitigations,
  type ListedMitigation,
  type ShownMitigation,
} from './describe-mitigations.js';

/** What every mitigation command takes. */
export interface HostOption {
  readonly host?: string | undefined;
  readonly json?: boolean;
}

/** What every command that changes something takes beside. */
export interface SteerOptions extends HostOption {
  readonly reason?: string | undefined;
}

/** Which mitigations to list. */
export interface ListWish extends HostOption {
  readonly state: string | undefined;
  readonly container: string | undefined;
  readonly limit: number;
}

interface Listing {
  readonly isPaused: boolean;
  readonly mitigations: readonly ListedMitigation[];
}

/** Prints mitigations of every host, newest first. */
export async function listMitigations({ state, container, limit, host, json }: ListWish): Promise<void> {
  const query: ListMitigations = {
    limit,
    ...(state === undefined ? {} : { state: knownState(state) }),
    ...(container === undefined ? {} : { container }),
  };
  await using client = await MeshClient.connect();
  const answers = await askSupervisors<Listing, ListMitigations>(client, requests.listMitigations, query, host);
  const mitigations = answers
    .flatMap(({ answer }) => answer.mitigations)
    .sort((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1))
    .slice(0, limit);
  const pausedHosts = answers.filter(({ answer }) => answer.isPaused).map(({ host: name }) => name);
  await printAnswer({ pausedHosts, mitigations }, { json: json === true }, () =>
    describeMitigations(mitigations, pausedHosts, Date.now()),
  );
}

/** Prints one mitigation with its history. */
export async function showMitigation(id: string, { host, json }: HostOption): Promise<void> {
  await using client = await MeshClient.connect();
  const { answer } = await askWhoKnows<ShownMitigation, ChooseMitigation>(
    client,
    requests.showMitigation,
    { id },
    host,
  );
  await printAnswer(answer, { json: json === true }, () => describeMitigation(answer, Date.now()));
}

interface Released {
  readonly mitigations: readonly ListedMitigation[];
}

/** What a person may decide on a mitigation that was not carried out yet. */
const decisions = {
  approve: { request: requests.approveMitigation, done: 'approved' },
  reject: { request: requests.rejectMitigation, done: 'rejected' },
} as const;

/** Decides on one mitigation. */
export async function decideOn(
  decision: keyof typeof decisions,
  id: string,
  { reason, host, json }: SteerOptions,
): Promise<void> {
  await using client = await MeshClient.connect();
  const { request, done } = decisions[decision];
  const { answer } = await askWhoKnows<object, ChooseMitigation>(client, request, { id, ...reasonField(reason) }, host);
  await printAnswer(answer, { json: json === true }, () => `${safeText(id)} is ${done}.`);
}

/** Takes one mitigation back. */
export async function releaseOne(id: string, { reason, host, json }: SteerOptions): Promise<void> {
  await using client = await MeshClient.connect();
  const body = { id, ...reasonField(reason) };
  const { answer } = await askWhoKnows<object, ReleaseMitigation>(client, requests.releaseMitigation, body, host);
  await printAnswer(
    answer,
    { json: json === true },
    () => `${safeText(id)} is on its way to be released; forge mitigation show ${safeText(id)} says how far it is.`,
  );
}

/** Takes back everything that is in force. */
export async function releaseAll({ reason, host, json }: SteerOptions): Promise<void> {
  await using client = await MeshClient.connect();
  const body = { all: true, ...reasonField(reason) };
  const answers = await askSupervisors<Released, ReleaseMitigation>(client, requests.releaseMitigation, body, host);
  const hosts = answers.map(({ host: name, answer }) => ({ host: name, mitigations: answer.mitigations }));
  await printAnswer({ hosts }, { json: json === true }, () =>
    hosts
      .map(
        ({ host: name, mitigations }) =>
          `${safeText(name)}: ${mitigations.length} on ${mitigations.length === 1 ? 'its' : 'their'} way to be released`,
      )
      .join('\n'),
  );
}

/** Sets the one big switch, or takes it back. */
export async function setPaused(isPaused: boolean, { reason, host, json }: SteerOptions): Promise<void> {
  await using client = await MeshClient.connect();
  const body = { isPaused, ...reasonField(reason) };
  const hosts = await askSupervisors<object, PauseMitigations>(client, requests.pauseMitigations, body, host);
  const says = isPaused
    ? 'nothing new is carried out; what is in force stays, and ends at its time (forge mitigation resume)'
    : 'mitigations are carried out again';
  await printAnswer({ isPaused, hosts }, { json: json === true }, () =>
    hosts.map(({ host: name }) => `${safeText(name)}: ${says}`).join('\n'),
  );
}

function reasonField(reason: string | undefined): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function knownState(word: string): MitigationState {
  const state = mitigationStates.find((known) => known === word);
  if (state === undefined) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `"${safeText(word)}" is no state of a mitigation; there are ${mitigationStates.join(', ')}`,
    );
  }
  return state;
}
