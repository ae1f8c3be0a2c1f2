import type { AppName } from '../apps.js';
import { ListNotices, Nothing, ReplayDeadLetter, ReplayNotice } from '../requests/general-requests.js';
import {
  ChooseMitigation,
  ListMitigations,
  PauseMitigations,
  RearmContainer,
  ReleaseMitigation,
} from '../requests/mitigation-requests.js';
import type { Scope } from '../scopes.js';
import type { Class } from '../validation/decorators.js';

/** One request that an app answers on `forge.rpc.<app>.<verb>`. */
export interface RequestDefinition<Body extends object = object> {
  /** The app that answers; `every`: each app for itself. */
  readonly app: AppName | 'every';
  readonly verb: string;
  readonly bodyClass: Class<Body>;
  /** What the token in the header `authorization` must allow. */
  readonly scope: Scope;
  readonly summary: string;
}

function request<Body extends object>(row: RequestDefinition<Body>): RequestDefinition<Body> {
  return row;
}

/** Every request. Where the app is `supervisor`, the verb is followed by the host: there is one for each Docker host. */
export const requests = {
  listMitigations: request({
    app: 'supervisor',
    verb: 'mitigation-list',
    bodyClass: ListMitigations,
    scope: 'mitigation:read',
    summary: 'List mitigations',
  }),
  showMitigation: request({
    app: 'supervisor',
    verb: 'mitigation-show',
    bodyClass: ChooseMitigation,
    scope: 'mitigation:read',
    summary: 'Show one mitigation with its history',
  }),
  approveMitigation: request({
    app: 'supervisor',
    verb: 'mitigation-approve',
    bodyClass: ChooseMitigation,
    scope: 'mitigation:write',
    summary: 'Let a mitigation that waits for approval be carried out',
  }),
  rejectMitigation: request({
    app: 'supervisor',
    verb: 'mitigation-reject',
    bodyClass: ChooseMitigation,
    scope: 'mitigation:write',
    summary: 'Refuse a mitigation that was not carried out yet',
  }),
  releaseMitigation: request({
    app: 'supervisor',
    verb: 'mitigation-release',
    bodyClass: ReleaseMitigation,
    scope: 'mitigation:write',
    summary: 'Take one mitigation back, or all',
  }),
  pauseMitigations: request({
    app: 'supervisor',
    verb: 'mitigation-pause',
    bodyClass: PauseMitigations,
    scope: 'mitigation:write',
    summary: 'Carry nothing new out, or go on',
  }),
  listHealing: request({
    app: 'supervisor',
    verb: 'healing-list',
    bodyClass: Nothing,
    scope: 'mitigation:read',
    summary: 'What the healer knows of each container',
  }),
  rearmContainer: request({
    app: 'supervisor',
    verb: 'healing-rearm',
    bodyClass: RearmContainer,
    scope: 'mitigation:write',
    summary: 'Let the healer try a container again that it gave up',
  }),
  listRules: request({
    app: 'sentinelcore',
    verb: 'rules-list',
    bodyClass: Nothing,
    scope: 'rules:read',
    summary: 'The rules in force, with how often each matched',
  }),
  listNotices: request({
    app: 'notification-dispatcher',
    verb: 'notice-list',
    bodyClass: ListNotices,
    scope: 'notify:read',
    summary: 'Notices and what became of them',
  }),
  replayNotice: request({
    app: 'notification-dispatcher',
    verb: 'notice-replay',
    bodyClass: ReplayNotice,
    scope: 'notify:write',
    summary: 'Send a notice again that was given up, under the same id',
  }),
  replayDeadLetter: request({
    app: 'every',
    verb: 'dead-letter-replay',
    bodyClass: ReplayDeadLetter,
    scope: 'dead-letter:write',
    summary: 'Handle a dead letter again, by the app that gave it up',
  }),
} as const;

/** The subject of a request to an app; `instance` is the host for supervisor, of which there is one for each. */
export function requestSubject(definition: RequestDefinition, app: AppName, instance?: string): string {
  return ['forge', 'rpc', app, definition.verb, ...(instance === undefined ? [] : [instance])].join('.');
}
