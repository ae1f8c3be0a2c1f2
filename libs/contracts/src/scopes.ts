/** What a token may allow. A token names its scopes in the claim `scope`, parted by spaces (RFC 8693, section 4.2). */
export const scopes = {
  'defend:write': 'send telemetry over HTTP',
  'mitigation:read': 'see mitigations and what the healer does',
  'mitigation:write': 'approve, release, reject and pause mitigations',
  'notify:read': 'see notices and what became of them',
  'notify:write': 'ask for notices, and deliver failed ones again',
  'record:read': 'read and follow the record and the streams',
  'rules:read': 'see the rules in force',
  'dead-letter:write': 'handle dead letters again',
} as const;

/** One thing that a token may allow. */
export type Scope = keyof typeof scopes;

/** Every scope, which is what an operator has. */
export const allScopes = Object.keys(scopes) as readonly Scope[];
